//! A notice becomes a customer's state, or is kept for whoever it is for.

use super::{Purpose, Webhook};
use crate::manifest::Manifest;
use crate::mapped::{MapError, Mapped};
use crate::mapping::{Inside, Path};

/// What a notice turned out to be.
#[derive(Debug, Clone, PartialEq)]
pub enum Opened {
    /// A customer's newest state, or that there is none any more.
    Record(Box<Mapped>),
    /// Something for others.
    Kept {
        purpose: Purpose,
        /// The record that it is about, where the manifest says how to find it.
        key: Option<String>,
    },
}

impl Manifest {
    /// Reads a notice that was stored under its topic.
    pub fn open(&self, topic: &str, payload: &[u8]) -> Result<Opened, MapError> {
        let Some(webhook) = self.webhook() else {
            return Ok(Opened::Kept { purpose: Purpose::Keep, key: None });
        };
        webhook.open(self, topic, payload)
    }

    /// Paths of values in a notice's record that the mapping does not read.
    pub fn unread_in_notice(&self, topic: &str, payload: &[u8]) -> Vec<String> {
        let Some(webhook) = self.webhook() else { return Vec::new() };
        self.unread_inside(&webhook.json(payload), &webhook.inside(topic))
    }
}

impl Webhook {
    fn open(&self, manifest: &Manifest, topic: &str, payload: &[u8]) -> Result<Opened, MapError> {
        let purpose = self.topic(topic).map_or(Purpose::Keep, |rule| rule.purpose);
        let (json, inside) = (self.json(payload), self.inside(topic));
        Ok(match purpose {
            Purpose::Customer | Purpose::Delete => Opened::Record(Box::new(manifest.map_inside(&json, &inside)?)),
            purpose => Opened::Kept { purpose, key: manifest.key_inside(&json, &inside) },
        })
    }

    /// Where in a notice of a topic the record stands.
    pub(crate) fn record_of(&self, topic: &str) -> Option<&Path> {
        self.topic(topic).and_then(|rule| rule.record.as_ref()).or(self.record.as_ref())
    }

    fn inside(&self, topic: &str) -> Inside<'_> {
        let rule = self.topic(topic);
        Inside {
            record: self.record_of(topic),
            key: rule.and_then(|rule| rule.key.as_ref()),
            version: self.version.as_ref(),
            is_deleted: rule.is_some_and(|rule| rule.purpose == Purpose::Delete),
        }
    }
}
