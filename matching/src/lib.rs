//! Probabilistic record linkage for people: standardise, block, compare, weigh, cluster, explain, evaluate.
//!
//! Pure and synchronous. One [`Index`] serves bulk matching, incremental matching and the search for one
//! record in real time, so that all three give the same verdicts.
//!
//! ```
//! use matching::{Index, Model, Person, standardise};
//! use std::sync::Arc;
//!
//! let person = Person { emails: vec!["ann@example.org".into()], ..Person::default() };
//! let mut index = Index::new(Arc::new(Model::default()));
//! index.update(&[], vec![(0, standardise(&person))]);
//! assert_eq!(index.search(&standardise(&person)).len(), 1);
//! ```

mod blocking;
mod cluster;
mod compare;
mod evaluate;
mod explain;
mod features;
mod hash;
mod identify;
mod index;
mod inspect;
mod keys;
mod model;
mod person;
mod resolve;
mod score;
mod standardise;
mod table;
mod train;

pub use blocking::{RuleReport, explain_blocking};
pub use cluster::{Doubt, DoubtReason, Edge, Node, Partition, partition};
pub use compare::Field;
pub use evaluate::{
    Evaluation, Reliability, SweepPoint, TagRecall, evaluate, recall_by_tag, reliability, sweep, true_pairs,
};
pub use explain::{Bridge, ClusterExplanation, Explanation, Line, Link, Verdict};
pub use features::Features;
pub use identify::{KnownBy, ValueKind};
pub use index::{Disturbed, Index, Neighbour, Scale};
pub use inspect::{explain_table_blocking, explain_table_pair};
pub use keys::{RULES, Reach, Rule};
pub use model::{FieldModel, Level, Model, ModelError, NameFrequencies, Thresholds};
pub use person::{Address, Identifier, Name, Person};
pub use resolve::{Report, Resolution, Stage, StageSeconds, TableOptions, resolve, run_table};
pub use standardise::{country_code, phone_number, standardise};
pub use table::{Records, TableError, Truth, TruthRow, read_table, read_truth};
pub use train::{Fit, fit, fit_frequencies, fit_labels};

/// So many cases of a property unless `PROPTEST_CASES` asks for another number.
#[cfg(test)]
fn cases(usual: u32) -> proptest::test_runner::Config {
    use proptest::test_runner::Config;
    let asked = std::env::var_os("PROPTEST_CASES").is_some();
    if asked { Config::default() } else { Config::with_cases(usual) }
}
