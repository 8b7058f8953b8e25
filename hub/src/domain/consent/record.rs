//! A statement as a consent record of ISO/IEC TS 27560:2023, in terms of the W3C Data Privacy Vocabulary where it has them.

use super::{Basis, Catalogue, State, Statement};
use serde_json::{Value, json};

/// What a record says beside the statement.
#[derive(Clone, Copy, Debug)]
pub struct About<'a> {
    /// Names the record for ever.
    pub record_id: &'a str,
    /// The person, by golden id.
    pub principal: &'a str,
    pub at: &'a str,
}

const SCHEMA: &str = "ISO/IEC TS 27560:2023";
const DPV: &str = "https://w3id.org/dpv#";

/// The sections of a consent record: the record itself, the processing, the parties, and the event.
pub fn consent_record(statement: &Statement, about: &About<'_>, catalogue: &Catalogue) -> Value {
    let said = &statement.kept;
    let purpose = catalogue.purpose.get(&said.purpose);
    let (basis, state) = (term(basis(said.basis)), term(state(said.state)));
    let purpose_type = purpose.and_then(|purpose| purpose.dpv.clone());
    let mut record = json!({
        "record_metadata": {
            "schema_version": SCHEMA,
            "record_id": about.record_id,
            "pii_principal_id": about.principal,
        },
        "pii_processing": {
            "purposes": [{
                "purpose": purpose.map_or(said.purpose.as_str(), |purpose| &purpose.title),
                "purpose_id": said.purpose,
                "purpose_type": purpose_type,
                "lawful_basis": basis,
                "channel": said.channel.name(),
                "jurisdiction": said.jurisdiction,
                "pii_information": said.point,
            }],
            "privacy_notice": { "form": said.form, "wording": said.wording },
        },
        "party_identification": { "collected_by": statement.by },
        "event": {
            "event_time": about.at,
            "validity_duration": said.valid_until,
            "event_type": if said.double_opt_in == Some(true) { "explicit_confirmed" } else { "explicit" },
            "event_state": state,
            "place": said.place,
            "receipt": said.receipt,
            "signal": said.signal,
        },
    });
    drop_nulls(&mut record);
    record
}

fn term(name: &str) -> String {
    format!("{DPV}{name}")
}

fn basis(basis: Option<Basis>) -> &'static str {
    match basis.unwrap_or_default() {
        Basis::Consent => "Consent",
        Basis::ExistingCustomer | Basis::LegitimateInterest => "LegitimateInterest",
        Basis::Contract => "Contract",
        Basis::LegalObligation => "LegalObligation",
    }
}

fn state(state: State) -> &'static str {
    match state {
        State::Unknown => "ConsentUnknown",
        State::Granted => "ConsentGiven",
        State::Expired => "ConsentExpired",
        State::Denied => "ConsentRefused",
        State::Withdrawn => "ConsentWithdrawn",
    }
}

fn drop_nulls(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|_, member| !member.is_null());
            members.values_mut().for_each(drop_nulls);
        }
        Value::Array(elements) => elements.iter_mut().for_each(drop_nulls),
        _ => {}
    }
}
