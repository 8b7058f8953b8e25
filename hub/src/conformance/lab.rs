//! A whole hub on a scratch database, beside a made-up system that it knows by one manifest.

use super::listen::{Listening, Manner};
use crate::api::{AppState, Doors, Keep, Setup, listen};
use crate::deliver::Operator;
use crate::deliver::nats::Servers;
use crate::deliver::signature::Secrets;
use crate::domain::decision::Diligence;
use crate::domain::ids::{DeliveryId, SourceKey};
use crate::domain::policy::Draft;
use crate::domain::rules::RuleSet;
use crate::pipeline::{Control, Pipeline, SharedResolver, Sources, spawn};
use crate::poll::Access;
use crate::read::search::Place;
use crate::remote::target::AllowedHosts;
use crate::store::Store;
use crate::store::inbox::{NewDelivery, Shape};
use crate::store::polls::Edit;
use connectors::Manifest;
use connectors::fake::{Fake, Record, SECRET_NAME, Sampler, in_place_of};
use std::error::Error;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

pub type Broken = Box<dyn Error + Send + Sync>;

/// A text and base64 at the same time, so that every scheme takes it.
const SECRET: &str = "whsec_bWFkZSB1cCBmb3IgdGhlIHRyaWFsIG9mIG1hbmlmZXN0cyE=";
/// The first state of every record is of this time.
pub const BEGIN_US: i64 = 1_767_225_600_000_000;
/// Whatever has not happened by then does not happen.
const PATIENCE: Duration = Duration::from_secs(60);
const LOOK: Duration = Duration::from_millis(25);

/// The hub and the system.
pub struct Lab {
    pub manifest: Manifest,
    pub fake: Arc<Mutex<Fake>>,
    pub listening: Listening,
    pub client: reqwest::Client,
    /// Where the hub listens.
    pub hub: String,
    pub store: Store,
    control: Control,
    stop: Option<oneshot::Sender<()>>,
}

impl Lab {
    /// Starts both, with the database in a folder.
    pub async fn open(manifest: &Manifest, folder: &Path) -> Result<Lab, Broken> {
        let made_up = Manifest::clone(manifest);
        let listening = Listening::start(|_| Manner::Whole(unready())).await?;
        let manifest = in_place_of(&made_up, &listening.base);
        let fake = manifest.poll().map(|poll| Fake::new(poll, SECRET, SECRET));
        let fake = Arc::new(Mutex::new(fake.unwrap_or_else(Fake::silent)));
        let (store, _) = Store::migrate(&format!("sqlite:{}", folder.join("trial.db").display())).await?;
        let sources = Arc::new(Sources::load(None)?.with(manifest.clone()));
        let resolver = SharedResolver::default();
        let first = Draft { model: Arc::default(), rules: RuleSet::shipped()? };
        let pipeline = Pipeline::start(store.clone(), &first, resolver.clone()).await?;
        let (control, _) = spawn(pipeline, sources.clone());
        let secret = |name: &str| (name == SECRET_NAME).then(|| SECRET.to_owned());
        let allowed = AllowedHosts::new(["127.0.0.1".to_owned()]);
        let client = crate::remote::client(&allowed, PATIENCE.as_secs())?;
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let hub = format!("http://{}", listener.local_addr()?);
        let secrets = Secrets::new(None, |_| None);
        let state = AppState::start(Setup {
            keep: Keep::Durably,
            store: store.clone(),
            doors: Doors::load(&sources, secret)?,
            sources,
            resolver,
            search: Place::Memory,
            origin: hub.clone(),
            operator: Operator {
                allowed: allowed.clone(),
                secrets: secrets.clone(),
                nats: Servers::new([], secrets),
                drops: None,
                schedule: Arc::default(),
            },
            access: Access { allowed, environment: Arc::new(secret) },
            reviews: Diligence::default(),
        })
        .await?;
        state.resolves(control.clone());
        let (stop, stopped) = oneshot::channel::<()>();
        let pages = crate::ui::pages(&state);
        tokio::spawn(listen::serve(listener, state, pages, async move { drop(stopped.await) }));
        let lab = Lab { manifest, fake, listening, client, hub, store, control, stop: Some(stop) };
        lab.answer_well();
        Ok(lab)
    }

    pub fn sampler(&self) -> Result<Sampler<'_>, Broken> {
        Ok(Sampler::new(&self.manifest).ok_or("no record can be made up that this mapping takes")?)
    }

    pub fn fake(&self) -> MutexGuard<'_, Fake> {
        self.fake.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The system answers as its manifest says.
    pub fn answer_well(&self) {
        self.fail(|_, well| well);
    }

    /// The system answers as `manner` makes of a good answer; requests are counted from 1, those for a token left out.
    pub fn fail(&self, mut manner: impl FnMut(usize, Manner) -> Manner + Send + 'static) {
        let (fake, mut count) = (self.fake.clone(), 0);
        self.listening.answer(move |asked| {
            let well = fake.lock().unwrap_or_else(PoisonError::into_inner).answer(asked);
            if well.body.contains("access_token") {
                return Manner::Whole(well);
            }
            count += 1;
            manner(count, Manner::Whole(well))
        });
    }

    /// Hands payloads over as an import does, and waits until they are resolved.
    pub async fn import(&self, payloads: Vec<Vec<u8>>) -> Result<(), Broken> {
        let source = self.manifest.name();
        let delivery = |payload| NewDelivery {
            source: source.to_owned(),
            shape: Shape::Manifest,
            payload,
            repairs: None,
            rejected: None,
        };
        let deliveries = payloads.into_iter().map(delivery).collect();
        self.store.append(deliveries, crate::pipeline::clock::now_us(), Vec::new()).await?;
        self.settle().await
    }

    /// Waits until everything that came in is resolved.
    pub async fn settle(&self) -> Result<(), Broken> {
        let (_, newest) = self.store.progress().await?;
        self.control.wake();
        tokio::time::timeout(PATIENCE, self.control.reached(newest))
            .await
            .map_err(|_| "the pipeline does not get on")?;
        Ok(())
    }

    /// Reads the system once more, to its end.
    pub async fn run(&self) -> Result<(), Broken> {
        let source = self.manifest.name();
        let finished = async || -> Result<Option<i64>, Broken> {
            Ok(self.store.poll(source).await?.and_then(|poll| poll.standing.finished_us))
        };
        let before = finished().await?;
        // The first run begins by itself.
        if before.is_some() {
            self.store.edit_poll(source, Edit::Run).await?;
        }
        let ended = async {
            while finished().await? <= before {
                tokio::time::sleep(LOOK).await;
            }
            Ok::<(), Broken>(())
        };
        tokio::time::timeout(PATIENCE, ended).await.map_err(|_| "the system is not read to its end")??;
        self.settle().await
    }

    /// What the hub holds of a record: nothing, or whether it is there, and what it says.
    pub async fn held(&self, key: &str) -> Result<Option<(bool, String)>, Broken> {
        let record = self.store.source_record(&SourceKey::new(self.manifest.name(), key)).await?;
        Ok(match record {
            None => None,
            Some(record) => Some((!record.deleted, serde_json::to_string(&record.customer)?)),
        })
    }

    /// Fails unless the hub holds a record that says this.
    pub async fn says(&self, key: &str, mark: &str) -> Result<(), Broken> {
        match self.held(key).await? {
            Some((true, said)) if said.contains(mark) => Ok(()),
            Some((true, _)) => Err("a record is held in another state than it should be".into()),
            Some((false, _)) => Err("a record is deleted that should not be".into()),
            None => Err("a record is missing".into()),
        }
    }

    pub async fn deliveries(&self) -> Result<DeliveryId, Broken> {
        Ok(self.store.progress().await?.1)
    }

    pub async fn dead_letters(&self) -> Result<i64, Broken> {
        Ok(self.store.dead_letter_count().await?)
    }

    /// Signs a body as the system does.
    pub fn signed(&self, headers: &[(String, String)], body: &str) -> Result<Vec<(String, String)>, Broken> {
        let webhook = self.manifest.webhook().ok_or("the manifest has no [webhook]")?;
        let url = format!("{}{}", self.hub, self.webhook_path());
        let header = |name: &str| {
            let found = headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
            found.map(|(_, value)| value.as_str())
        };
        let request =
            connectors::signature::Request { method: "POST", url: &url, header: &header, body: body.as_bytes() };
        let now_secs = crate::pipeline::clock::now_us() / 1_000_000;
        Ok(webhook.scheme().sign(&request, &webhook.scheme().key(SECRET)?, now_secs)?)
    }

    pub fn webhook_path(&self) -> String {
        format!("/v1/sources/{}/webhook", self.manifest.name())
    }

    /// Ends the hub; the folder may then be removed.
    pub async fn close(mut self) {
        drop(self.stop.take());
        self.control.stop();
        self.store.close().await;
    }
}

/// Records in their first state.
pub fn first_states(sampler: &Sampler<'_>, keys: std::ops::Range<i64>) -> Vec<Record> {
    keys.map(|key| sampler.record(&key.to_string(), BEGIN_US + key * 1_000_000, &format!("First{key}"))).collect()
}

fn unready() -> connectors::fake::Reply {
    connectors::fake::Reply { status: 503, headers: Vec::new(), body: String::new() }
}
