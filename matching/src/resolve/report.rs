//! What a bulk run did and how well.

use super::Resolution;
use crate::evaluate::{Evaluation, TagRecall, evaluate, recall_by_tag};
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
    /// Wall time of reading and standardising.
    pub seconds_read: f64,
    /// Wall time of everything.
    pub seconds: f64,
    /// What fitting to the data did, unless the model was used as shipped.
    pub fit: Option<Fit>,
    /// Agreement with the truth, when there is one.
    pub evaluation: Option<Evaluation>,
    /// Recall by kind of record, when the truth says what kinds there are.
    pub tags: Vec<TagRecall>,
}

impl Report {
    pub(super) fn new(resolution: &Resolution, records: usize) -> Self {
        let mut sizes = vec![0usize; records];
        for label in &resolution.labels {
            sizes[*label as usize] += 1;
        }
        Report {
            model: resolution.model.version.clone(),
            records,
            clusters: sizes.iter().filter(|size| **size > 0).count(),
            largest_cluster: sizes.iter().copied().max().unwrap_or(0),
            pairs_compared: resolution.pairs,
            pairs_per_record: resolution.pairs as f64 / records.max(1) as f64,
            edges: resolution.edges,
            doubts: resolution.doubts,
            seconds_read: 0.0,
            seconds: 0.0,
            fit: None,
            evaluation: None,
            tags: Vec::new(),
        }
    }

    /// Measures the records that the truth knows.
    pub(super) fn measure(&mut self, records: &Records, resolution: &Resolution, truth: &Truth) {
        let (mut found, mut people, mut tags): (Vec<u32>, Vec<u32>, Vec<&[u16]>) =
            Default::default();
        for row in 0..records.len() {
            if let Some(known) = truth.rows.get(records.name(row)) {
                found.push(resolution.labels[row]);
                people.push(known.person);
                tags.push(&known.tags);
            }
        }
        self.evaluation = Some(evaluate(&found, &people));
        self.tags = recall_by_tag(&found, &people, &tags, &truth.tags);
    }
}
