//! What a bulk run did and how well.

use super::Resolution;
use crate::evaluate::{
    Evaluation, Reliability, SweepPoint, TagRecall, evaluate, recall_by_tag, reliability, sweep, true_pairs,
};
use crate::model::Thresholds;
use crate::table::{Records, Truth};
use crate::train::Fit;
use serde::Serialize;

/// Where a bulk run is, for progress.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Reading and standardising; counts rows.
    Read,
    /// Building the index.
    Index,
    /// Comparing candidate pairs.
    Compare,
    /// Clustering.
    Cluster,
}

/// Wall time by stage. The stages follow each other, except that rows are read while others are standardised.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct StageSeconds {
    /// Waiting for rows of the file, while there was nothing to standardise.
    pub reading: f64,
    /// Standardising rows.
    pub standardising: f64,
    /// Finding candidate pairs.
    pub blocking: f64,
    /// Counting names, and fitting the model.
    pub fitting: f64,
    /// Comparing and weighing candidate pairs.
    pub scoring: f64,
    /// Clustering.
    pub clustering: f64,
    /// Writing the clusters.
    pub writing: f64,
}

/// What a bulk run did and, with a truth, how well.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// The model used.
    pub model: String,
    /// Rows read.
    pub records: usize,
    /// Clusters found.
    pub clusters: usize,
    /// Records in the largest cluster.
    pub largest_cluster: usize,
    /// Pairs compared.
    pub pairs_compared: u64,
    /// Pairs compared for each record.
    pub pairs_per_record: f64,
    /// Pairs kept.
    pub edges: u64,
    /// Pairs left for a steward.
    pub doubts: u64,
    /// Wall time of everything.
    pub seconds: f64,
    /// Wall time by stage.
    pub stages: StageSeconds,
    /// Threads that worked side by side.
    pub threads: usize,
    /// Processor time for one pair while pairs were compared, all threads taken to be busy.
    pub nanoseconds_per_pair: f64,
    /// What fitting to the data did, unless the model was used as shipped.
    pub fit: Option<Fit>,
    /// Agreement with the truth, when there is one.
    pub evaluation: Option<Evaluation>,
    /// Recall by kind of record, when the truth says what kinds there are.
    pub tags: Vec<TagRecall>,
    /// Precision and recall of single pairs over thresholds, before clustering.
    pub sweep: Vec<SweepPoint>,
    /// Whether the probabilities of single pairs hold.
    pub reliability: Vec<Reliability>,
}

impl Report {
    pub(super) fn new(resolution: &Resolution, records: usize) -> Self {
        let mut sizes = vec![0usize; records];
        for label in &resolution.labels {
            sizes[*label as usize] += 1;
        }
        let threads = rayon::current_num_threads();
        Report {
            model: resolution.model.version.clone(),
            records,
            clusters: sizes.iter().filter(|size| **size > 0).count(),
            largest_cluster: sizes.iter().copied().max().unwrap_or(0),
            pairs_compared: resolution.pairs,
            pairs_per_record: resolution.pairs as f64 / records.max(1) as f64,
            edges: resolution.edges.len() as u64,
            doubts: resolution.doubts,
            seconds: 0.0,
            stages: resolution.seconds,
            threads,
            nanoseconds_per_pair: resolution.seconds.scoring * threads as f64 * 1e9 / resolution.pairs.max(1) as f64,
            fit: None,
            evaluation: None,
            tags: Vec::new(),
            sweep: Vec::new(),
            reliability: Vec::new(),
        }
    }

    /// Measures the records that the truth knows.
    pub(super) fn measure(&mut self, records: &Records, resolution: &Resolution, truth: &Truth) {
        let (mut found, mut people, mut tags): (Vec<u32>, Vec<u32>, Vec<&[u16]>) = Default::default();
        for row in 0..records.len() {
            if let Some(known) = truth.rows.get(records.name(row)) {
                found.push(resolution.labels[row]);
                people.push(known.person);
                tags.push(&known.tags);
            }
        }
        self.measure_pairs(records, resolution, truth, true_pairs(&people));
        self.evaluation = Some(evaluate(&found, &people));
        self.tags = recall_by_tag(&found, &people, &tags, &truth.tags);
    }

    fn measure_pairs(&mut self, records: &Records, resolution: &Resolution, truth: &Truth, true_pairs: u64) {
        let person: Vec<Option<u32>> =
            (0..records.len()).map(|row| truth.rows.get(records.name(row)).map(|known| known.person)).collect();
        let pairs: Vec<(f32, bool)> = resolution
            .edges
            .iter()
            .filter_map(|edge| Some((edge.weight, person[edge.a as usize]? == person[edge.b as usize]?)))
            .collect();
        self.sweep = sweep(&pairs, true_pairs, &SWEEP);
        self.reliability = reliability(pairs.iter().map(|pair| (Thresholds::probability(pair.0), pair.1)));
    }
}

/// The thresholds that a report tries, as log2 of the odds.
const SWEEP: [f32; 9] = [-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 4.0, 7.0, 10.0];
