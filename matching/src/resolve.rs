//! Matches a whole table in one go.

mod report;

pub use report::{Report, Stage, StageSeconds};

use crate::cluster::{Edge, Node, Partition, partition};
use crate::features::Features;
use crate::index::{Index, pair_of};
use crate::keys::Reach;
use crate::model::{Model, Thresholds};
use crate::table::{self, Records, TableError};
use crate::train::{self, Fit};
use rayon::prelude::*;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;
use xxhash_rust::xxh3::xxh3_128;

/// What to match and where to write.
#[derive(Debug, Clone, Default)]
pub struct TableOptions {
    /// The table of records.
    pub input: PathBuf,
    /// Where `record_id,cluster_id,score` goes, if anywhere.
    pub output: Option<PathBuf>,
    /// The truth to measure against, if there is one.
    pub truth: Option<PathBuf>,
    /// The model; the shipped one unless given.
    pub model: Option<Arc<Model>>,
    /// Leaves the model as it is instead of fitting frequencies to the table.
    pub as_shipped: bool,
    /// Compares every record with every other, however many there are: shows what blocking rules miss.
    pub compare_all: bool,
    /// As how many missed duplicates one wrong merge counts; as bad as one unless given.
    pub wrong_merge_cost: Option<f32>,
}

/// Matches records in bulk under a model as it is. `ranks` give each an identity that does not depend on the order
/// in which they come.
pub fn resolve(model: Arc<Model>, features: Vec<Features>, ranks: &[u128]) -> Resolution {
    match_pairs(index(model, features, false), ranks, &mut |_, _| {})
}

/// A resolved set of records.
pub struct Resolution {
    /// The model that weighed.
    pub model: Arc<Model>,
    /// For each record the position of the first record of its cluster.
    pub labels: Vec<u32>,
    /// For each record the weight of its strongest link within its cluster, if it has company.
    pub support: Vec<Option<f32>>,
    /// How many pairs were compared.
    pub pairs: u64,
    /// The pairs that weighed at least the floor.
    pub edges: Vec<Edge>,
    /// Pairs that deserve a review.
    pub doubts: u64,
    /// How long each stage took.
    pub seconds: StageSeconds,
}

/// Reads a table, matches it, writes the clusters, and measures against the truth when there is one.
pub fn run_table(options: &TableOptions, mut progress: impl FnMut(Stage, usize)) -> Result<Report, TableError> {
    let (started, mut clock) = (Instant::now(), Clock::start());
    let mut records = table::read_table(&options.input, |rows| progress(Stage::Read, rows))?;
    let features = std::mem::take(&mut records.features);
    let ranks: Vec<u128> = (0..records.len()).map(|row| xxh3_128(records.name(row).as_bytes())).collect();
    let standardising = records.standardising.as_secs_f64();
    let reading = clock.lap() - standardising;
    let mut fitted = fitted_index(options, features);
    progress(Stage::Index, fitted.index.len());
    let fit = fitted.fit.take();
    let mut resolution = match_pairs(fitted, &ranks, &mut progress);
    clock.lap();
    if let Some(path) = &options.output {
        write_clusters(path, &records, &resolution)?;
    }
    let writing = clock.lap();
    resolution.seconds = StageSeconds { reading, standardising, writing, ..resolution.seconds };
    let mut report = Report::new(&resolution, records.len());
    report.fit = fit;
    report.seconds = started.elapsed().as_secs_f64();
    if let Some(path) = &options.truth {
        report.measure(&records, &resolution, &table::read_truth(path)?);
    }
    Ok(report)
}

/// Comparing so few records with each other takes a second or two.
const COMPARE_ALL_MAX: usize = 5000;

/// Tables of up to so many records are blocked with the wide reach; in larger ones most of its blocks overflow.
const WIDE_MAX: usize = 300_000;

/// A table's index under the model that weighs it, with all candidate pairs.
pub(crate) struct Fitted {
    pub(crate) index: Index,
    pairs: Vec<u64>,
    fit: Option<Fit>,
    seconds: StageSeconds,
}

/// Looking at a pair is a fifth of the trouble that a missed duplicate makes.
const REVIEW_COST: f32 = 0.2;

/// The index of a table under the model that the options ask for.
pub(crate) fn fitted_index(options: &TableOptions, features: Vec<Features>) -> Fitted {
    let mut clock = Clock::start();
    let reach = if features.len() <= WIDE_MAX { Reach::Wide } else { Reach::Lean };
    let shipped = || Arc::new(Model { compare_all_max: COMPARE_ALL_MAX, reach, ..Model::default() });
    let mut model = options.model.clone().unwrap_or_else(shipped);
    if options.compare_all {
        Arc::make_mut(&mut model).compare_all_max = usize::MAX;
    }
    if let Some(cost) = options.wrong_merge_cost {
        Arc::make_mut(&mut model).thresholds = Thresholds::for_costs(cost, REVIEW_COST);
    }
    let model = if options.as_shipped { model } else { Arc::new(train::fit_frequencies(&model, &features)) };
    let counting = clock.lap();
    let mut fitted = index(model, features, !options.as_shipped);
    fitted.seconds.fitting += counting;
    fitted
}

fn index(model: Arc<Model>, features: Vec<Features>, is_fitted: bool) -> Fitted {
    let mut clock = Clock::start();
    let (mut index, pairs) = Index::bulk(model, features);
    let blocking = clock.lap();
    let fit = is_fitted.then(|| {
        let (model, fit) = train::fit_pairs(&index, &pairs);
        index.set_model(Arc::new(model));
        fit
    });
    Fitted { index, pairs, fit, seconds: StageSeconds { blocking, fitting: clock.lap(), ..StageSeconds::default() } }
}

fn match_pairs(fitted: Fitted, ranks: &[u128], progress: &mut impl FnMut(Stage, usize)) -> Resolution {
    let Fitted { index, pairs, seconds, .. } = fitted;
    let (count, pairs_compared) = (index.len(), pairs.len());
    let mut clock = Clock::start();
    let edges = edges(&index, &pairs);
    // Many more of them may have been looked at than are kept.
    drop(pairs);
    progress(Stage::Compare, pairs_compared);
    let mut resolution = Resolution {
        model: index.model().clone(),
        labels: (0..count as u32).collect(),
        support: vec![None; count],
        pairs: pairs_compared as u64,
        edges: Vec::new(),
        doubts: 0,
        seconds: StageSeconds { scoring: clock.lap(), ..seconds },
    };
    cluster(&mut resolution, &index, edges, ranks);
    resolution.seconds.clustering = clock.lap();
    progress(Stage::Cluster, count);
    resolution
}

fn edges(index: &Index, pairs: &[u64]) -> Vec<Edge> {
    let of_one = |run: &[u64]| {
        let a = pair_of(run[0]).0;
        index.weigh_many(a, run.iter().map(|packed| pair_of(*packed).1)).into_iter().map(move |near| Edge {
            a,
            b: near.id,
            weight: near.weight,
        })
    };
    pairs.par_chunk_by(|x, y| pair_of(*x).0 == pair_of(*y).0).flat_map_iter(of_one).collect()
}

/// Clusters component by component, in parallel.
fn cluster(resolution: &mut Resolution, index: &Index, mut edges: Vec<Edge>, ranks: &[u128]) {
    let components = components(resolution.labels.len(), &mut edges);
    let solved: Vec<Partition> = components.par_iter().map(|edges| of_component(edges, ranks, index)).collect();
    for partition in solved {
        resolution.doubts += partition.doubts.len() as u64;
        for cluster in &partition.clusters {
            cluster.iter().for_each(|id| resolution.labels[*id as usize] = cluster[0]);
        }
    }
    for edge in edges.iter().filter(|edge| resolution.labels[edge.a as usize] == resolution.labels[edge.b as usize]) {
        for id in [edge.a, edge.b] {
            let best = &mut resolution.support[id as usize];
            *best = Some(best.map_or(edge.weight, |best| best.max(edge.weight)));
        }
    }
    resolution.edges = edges;
}

fn of_component(edges: &[Edge], ranks: &[u128], index: &Index) -> Partition {
    let mut ids: Vec<u32> = edges.iter().flat_map(|edge| [edge.a, edge.b]).collect();
    ids.sort_unstable();
    ids.dedup();
    let nodes: Vec<Node> = ids.iter().map(|&id| Node { id, rank: ranks[id as usize] }).collect();
    partition(&nodes, edges, &[], &[], index)
}

/// Sorts the edges by connected component and tells the components apart.
fn components(count: usize, edges: &mut [Edge]) -> Vec<&[Edge]> {
    let mut parent: Vec<u32> = (0..count as u32).collect();
    for edge in edges.iter() {
        let (a, b) = (find(&mut parent, edge.a), find(&mut parent, edge.b));
        parent[a.max(b) as usize] = a.min(b);
    }
    for at in 0..count as u32 {
        parent[at as usize] = find(&mut parent, at);
    }
    edges.par_sort_unstable_by_key(|edge| (parent[edge.a as usize], edge.a, edge.b));
    edges.chunk_by(|x, y| parent[x.a as usize] == parent[y.a as usize]).collect()
}

fn find(parent: &mut [u32], mut at: u32) -> u32 {
    while parent[at as usize] != at {
        parent[at as usize] = parent[parent[at as usize] as usize];
        at = parent[at as usize];
    }
    at
}

/// Tells how long each of several steps took.
struct Clock(Instant);

impl Clock {
    fn start() -> Clock {
        Clock(Instant::now())
    }

    /// Seconds since the lap before.
    fn lap(&mut self) -> f64 {
        let now = Instant::now();
        now.duration_since(std::mem::replace(&mut self.0, now)).as_secs_f64()
    }
}

fn write_clusters(path: &Path, records: &Records, resolution: &Resolution) -> Result<(), TableError> {
    let file = std::fs::File::create(path).map_err(|error| TableError::new(path, error))?;
    let mut out = csv::Writer::from_writer(std::io::BufWriter::with_capacity(1 << 18, file));
    let failed = |error: csv::Error| TableError::new(path, error);
    out.write_record(["record_id", "cluster_id", "score"]).map_err(failed)?;
    for row in 0..records.len() {
        let score = resolution.support[row].map_or(1.0, Thresholds::probability);
        let cluster = records.name(resolution.labels[row] as usize);
        out.write_record([records.name(row), cluster, &format!("{score:.4}")]).map_err(failed)?;
    }
    let mut inner = out.into_inner().map_err(|error| TableError::new(path, error.error()))?;
    inner.flush().map_err(|error| TableError::new(path, error))
}
