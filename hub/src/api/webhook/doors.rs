//! Which sources may send webhooks, each with the secrets that are in force. They are read when the hub starts.

use crate::pipeline::Sources;
use crate::remote::secret::{self, Unreadable};
use connectors::signature::{Key, KeyError};
use connectors::webhook::Webhook;
use std::collections::HashMap;

/// Keys by source; never shown.
#[derive(Default)]
pub struct Doors(HashMap<String, Vec<Key>>);

/// Why a secret cannot be used; it does not hold the secret.
#[derive(Debug, thiserror::Error)]
pub enum DoorError {
    #[error("the file {file} with a webhook secret of {name} cannot be read; correct its permissions")]
    File { name: String, file: String, source: std::io::Error },
    #[error("a webhook secret of {name} from {place} cannot be used")]
    Secret { name: String, place: String, source: KeyError },
}

impl Doors {
    /// Reads every secret that the manifests name. A source whose secret is nowhere takes no webhooks.
    pub fn load(sources: &Sources, environment: impl Fn(&str) -> Option<String>) -> Result<Doors, DoorError> {
        let mut doors = HashMap::new();
        for manifest in sources.iter() {
            let Some(webhook) = manifest.webhook() else { continue };
            let keys = keys(manifest.name(), webhook, &environment)?;
            if !keys.is_empty() {
                doors.insert(manifest.name().to_owned(), keys);
            }
        }
        Ok(Doors(doors))
    }

    pub fn keys(&self, source: &str) -> Option<&[Key]> {
        self.0.get(source).map(Vec::as_slice)
    }
}

fn keys(name: &str, webhook: &Webhook, environment: &dyn Fn(&str) -> Option<String>) -> Result<Vec<Key>, DoorError> {
    let mut keys = Vec::new();
    for place in webhook.secrets() {
        let unreadable = |Unreadable { file, source }| DoorError::File { name: name.to_owned(), file, source };
        let (secrets, place) = (secret::text(place, environment).map_err(unreadable)?, place.to_string());
        for secret in secrets.iter().flat_map(|text| text.lines()).filter(|line| !line.trim().is_empty()) {
            let failed = |source| DoorError::Secret { name: name.to_owned(), place: place.clone(), source };
            keys.push(webhook.scheme().key(secret).map_err(failed)?);
        }
    }
    Ok(keys)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn loaded(folder: &Path, secret: &str, variable: Option<&str>) -> Result<Option<usize>, String> {
        let manifest = format!(
            "name = \"shop\"\n[record]\nkey = \"$.id\"\n[map]\n[webhook]\nsignature = \"standard-webhooks\"\nsecret = {secret}\n[webhook.topics]\n\"*\" = \"keep\"\n"
        );
        std::fs::write(folder.join("shop.toml"), manifest).map_err(|e| e.to_string())?;
        let sources = Sources::load(Some(folder)).map_err(|e| e.to_string())?;
        let environment = |name: &str| variable.filter(|_| name == "SHOP").map(str::to_owned);
        let doors = Doors::load(&sources, environment).map_err(|e| e.to_string())?;
        assert!(doors.keys("canonical").is_none() && doors.keys("nobody").is_none());
        Ok(doors.keys("shop").map(<[Key]>::len))
    }

    #[test]
    fn secrets_come_from_the_environment_and_from_files() {
        let folder = std::env::temp_dir().join(format!("hub-doors-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder can be made");
        let file = folder.join("secret");
        std::fs::write(&file, "whsec_AAAA\n\nwhsec_BBBB\n").expect("a file can be written");
        let in_file = format!("{{ file = {:?} }}", file.display().to_string());
        let both = format!("[{{ env = \"SHOP\" }}, {in_file}]");
        assert_eq!(loaded(&folder, "{ env = \"SHOP\" }", None), Ok(None));
        assert_eq!(loaded(&folder, "{ env = \"SHOP\" }", Some("whsec_AAAA")), Ok(Some(1)));
        assert_eq!(loaded(&folder, &in_file, None), Ok(Some(2)));
        assert_eq!(loaded(&folder, &both, Some("whsec_CCCC")), Ok(Some(3)));
        let error = loaded(&folder, "{ env = \"SHOP\" }", Some("whsec_hush-hush")).expect_err("it is no base64");
        assert!(error.contains("shop from SHOP") && !error.contains("hush"), "{error}");
        let _ = std::fs::remove_dir_all(&folder);
    }
}
