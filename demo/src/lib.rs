//! A seeded, fictitious omnichannel retailer.
//!
//! [`Retailer`] makes the customer exports of four systems, or the same population as one common
//! CSV of any length, each with the truth beside it: which records are one person, which people
//! one household, and what was done to each record. Nobody in it lives: names are drawn from
//! lists, e-mail domains are reserved or invented, telephone numbers ring nowhere.
//!
//! The same seed gives the same bytes, on every machine and at every run: there is no clock, no
//! hash order, no race between threads and no outside source of chance.

mod address;
mod calendar;
mod card;
mod changing;
mod common_csv;
mod country;
mod dice;
mod email;
mod exports;
mod firm;
mod fold;
mod household;
mod mistakes;
mod person;
mod phone;
mod population;
mod record;
mod sheet;
mod tables;
mod tags;
mod visit;

use std::{io, path::Path};

pub use exports::{ExportFile, Exports};

/// The retailer, who is nothing but a seed and a size.
#[derive(Debug, Clone, Copy)]
pub struct Retailer {
    /// Chooses the population.
    pub seed: u64,
    /// About how many customer records there are over all systems.
    pub records: usize,
}

impl Default for Retailer {
    fn default() -> Self {
        Self { seed: 1, records: 20_000 }
    }
}

impl Retailer {
    /// Writes into an existing directory `salesforce-contacts.csv`, `shopify-customers.json`,
    /// `square-customers.json`, `loyalty-members.ndjson` and `truth.csv`, which says for each
    /// record with a key whose it is. About ten entries of each file are bad on purpose.
    /// `progress` hears the number of records written so far. Holds all records at once, because
    /// exports stand in the order of time.
    pub fn write_exports(&self, dir: &Path, progress: &mut dyn FnMut(u64)) -> io::Result<Exports> {
        exports::write(self, dir, progress)
    }

    /// Writes the population as one common CSV, and its truth. Holds a few hundred households at a time, so
    /// ten million records need no more memory than ten. `progress` hears the number of records
    /// written so far. Returns how many there were: exactly `records`.
    pub fn write_common_csv(
        &self,
        out: impl io::Write,
        truth: impl io::Write,
        progress: &mut dyn FnMut(u64),
    ) -> io::Result<u64> {
        common_csv::write(self, out, truth, progress)
    }
}
