//! What a copy consists of: every table with the columns that both engines have.

/// The type of a column, for tables that are copied.
#[derive(Clone, Copy)]
pub enum Kind {
    Int,
    OptInt,
    Small,
    Real,
    Bool,
    Text,
    OptText,
    Bytes,
    Uuid,
    OptUuid,
}

/// A table with its columns; the first one gives the order of copying.
pub struct Table {
    pub name: &'static str,
    pub columns: &'static [(&'static str, Kind)],
}

/// Every table that is copied.
pub const TABLES: &[Table] = &[
    Table {
        name: "delivery",
        columns: &[
            ("id", Kind::Int),
            ("source", Kind::Text),
            ("shape", Kind::Text),
            ("received_us", Kind::Int),
            ("repairs", Kind::OptInt),
            ("payload", Kind::Bytes),
            ("topic", Kind::OptText),
        ],
    },
    Table { name: "checkpoint", columns: &[("name", Kind::Text), ("position", Kind::Int)] },
    Table {
        name: "source_record",
        columns: &[
            ("record", Kind::Int),
            ("delivery", Kind::Int),
            ("version", Kind::Int),
            ("updated_us", Kind::Int),
            ("content_hash", Kind::Int),
            ("deleted", Kind::Bool),
            ("customer", Kind::Text),
        ],
    },
    Table {
        name: "crosswalk",
        columns: &[
            ("record", Kind::Int),
            ("source", Kind::Text),
            ("source_key", Kind::Text),
            ("anchor", Kind::Uuid),
            ("golden", Kind::OptUuid),
        ],
    },
    Table {
        name: "edge",
        columns: &[("b", Kind::Int), ("a", Kind::Int), ("weight", Kind::Real), ("policy", Kind::Small)],
    },
    Table {
        name: "golden",
        columns: &[
            ("id", Kind::Uuid),
            ("version", Kind::Small),
            ("owner", Kind::Int),
            ("state", Kind::Text),
            ("into_id", Kind::OptUuid),
            ("event", Kind::Int),
        ],
    },
    Table {
        name: "change_event",
        columns: &[
            ("seq", Kind::Int),
            ("golden", Kind::Uuid),
            ("version", Kind::Small),
            ("kind", Kind::Text),
            ("at_us", Kind::Int),
            ("body", Kind::Text),
            ("lineage", Kind::Text),
            ("policy", Kind::Small),
            ("cause", Kind::OptText),
        ],
    },
    Table {
        name: "decision",
        columns: &[
            ("id", Kind::Uuid),
            ("verdict", Kind::Text),
            ("by_whom", Kind::Text),
            ("reason", Kind::Text),
            ("at_us", Kind::Int),
            ("revoked_by", Kind::OptText),
            ("revoked_us", Kind::OptInt),
            ("policy", Kind::Small),
        ],
    },
    Table { name: "command", columns: &[("id", Kind::Int), ("request", Kind::Text), ("outcome", Kind::OptText)] },
    Table {
        name: "review",
        columns: &[
            ("b", Kind::Int),
            ("a", Kind::Int),
            ("weight", Kind::Real),
            ("reason", Kind::Text),
            ("opened_us", Kind::Int),
            ("policy", Kind::Small),
            ("left_source", Kind::Text),
            ("right_source", Kind::Text),
            ("left_country", Kind::Text),
            ("right_country", Kind::Text),
            ("assignee", Kind::Text),
            ("due_us", Kind::OptInt),
            ("deferred_us", Kind::OptInt),
            ("proposed", Kind::OptText),
            ("proposed_by", Kind::OptText),
            ("proposed_reason", Kind::OptText),
        ],
    },
    Table { name: "matching_model", columns: PART },
    Table { name: "rule_set", columns: PART },
    Table {
        name: "policy",
        columns: &[
            ("id", Kind::Int),
            ("model", Kind::Int),
            ("rules", Kind::Int),
            ("by_whom", Kind::Text),
            ("reason", Kind::Text),
            ("at_us", Kind::Int),
            ("stage", Kind::Text),
            ("weighs", Kind::Bool),
            ("position", Kind::Int),
            ("total", Kind::Int),
            ("in_force_us", Kind::OptInt),
            ("settled_us", Kind::OptInt),
        ],
    },
    Table {
        name: "dead_letter",
        columns: &[
            ("delivery", Kind::Int),
            ("source", Kind::Text),
            ("step", Kind::Text),
            ("reason", Kind::Text),
            ("at_us", Kind::Int),
            ("repaired_by", Kind::OptInt),
            ("fingerprint", Kind::Text),
        ],
    },
    Table {
        name: "notice",
        columns: &[
            ("delivery", Kind::Int),
            ("source", Kind::Text),
            ("topic", Kind::Text),
            ("purpose", Kind::Text),
            ("source_key", Kind::OptText),
            ("at_us", Kind::Int),
        ],
    },
    Table {
        name: "api_key",
        columns: &[
            ("id", Kind::Uuid),
            ("name", Kind::Text),
            ("role", Kind::Text),
            ("hash", Kind::Bytes),
            ("created_us", Kind::Int),
            ("revoked_us", Kind::OptInt),
        ],
    },
    Table {
        name: "idempotency",
        columns: &[
            ("caller", Kind::Uuid),
            ("key", Kind::Text),
            ("request_hash", Kind::Int),
            ("response", Kind::Text),
            ("at_us", Kind::Int),
        ],
    },
    Table {
        name: "source_file",
        columns: &[
            ("source", Kind::Text),
            ("hash", Kind::Text),
            ("records", Kind::Int),
            ("rejected", Kind::Int),
            ("began_us", Kind::Int),
            ("ended_us", Kind::OptInt),
        ],
    },
    Table {
        name: "poll",
        columns: &[
            ("source", Kind::Text),
            ("revision", Kind::Int),
            ("status", Kind::Text),
            ("progress", Kind::Text),
            ("due_us", Kind::Int),
            ("held_us", Kind::Int),
            ("failures", Kind::Int),
            ("failed_us", Kind::OptInt),
            ("failure", Kind::OptText),
            ("answered_us", Kind::OptInt),
            ("finished_us", Kind::OptInt),
            ("pages", Kind::Int),
            ("records", Kind::Int),
            ("unchanged", Kind::Int),
            ("notice", Kind::Int),
        ],
    },
    Table {
        name: "poll_seen",
        columns: &[("source", Kind::Text), ("source_key", Kind::Text), ("hash", Kind::Int), ("delivery", Kind::Int)],
    },
    Table {
        name: "subscriber",
        columns: &[
            ("id", Kind::Uuid),
            ("name", Kind::Text),
            ("settings", Kind::Text),
            ("created_us", Kind::Int),
            ("revision", Kind::Int),
            ("status", Kind::Text),
            ("reason", Kind::OptText),
            ("cursor", Kind::Int),
            ("circuit_failures", Kind::Int),
            ("circuit_until_us", Kind::OptInt),
            ("delivered", Kind::Int),
            ("failed", Kind::Int),
            ("delivered_us", Kind::OptInt),
        ],
    },
    Table {
        name: "subscriber_owed",
        columns: &[
            ("subscriber", Kind::Uuid),
            ("golden", Kind::Uuid),
            ("seq", Kind::Int),
            ("attempts", Kind::Int),
            ("since_us", Kind::Int),
            ("due_us", Kind::Int),
        ],
    },
    Table {
        name: "subscriber_failure",
        columns: &[
            ("subscriber", Kind::Uuid),
            ("number", Kind::Int),
            ("seq", Kind::Int),
            ("attempt", Kind::Int),
            ("at_us", Kind::Int),
            ("what", Kind::Text),
        ],
    },
    Table {
        name: "operator_event",
        columns: &[
            ("id", Kind::Int),
            ("at_us", Kind::Int),
            ("kind", Kind::Text),
            ("subject", Kind::Text),
            ("detail", Kind::Text),
        ],
    },
    // Whoever is signed in signs in again after a restore.
    Table {
        name: "account",
        columns: &[
            ("id", Kind::Uuid),
            ("name", Kind::Text),
            ("role", Kind::Text),
            ("password", Kind::Text),
            ("created_us", Kind::Int),
            ("disabled_us", Kind::OptInt),
            ("failures", Kind::Int),
            ("locked_us", Kind::Int),
        ],
    },
    Table {
        name: "layout",
        columns: &[
            ("source", Kind::Text),
            ("topic", Kind::Text),
            ("records", Kind::Int),
            ("accepted", Kind::Int),
            ("changes", Kind::Int),
            ("told", Kind::Int),
            ("first_us", Kind::Int),
            ("last_us", Kind::Int),
        ],
    },
    Table {
        name: "layout_field",
        columns: &[
            ("source", Kind::Text),
            ("topic", Kind::Text),
            ("path", Kind::Text),
            ("kind", Kind::Text),
            ("records", Kind::Int),
            ("first_record", Kind::Int),
            ("last_record", Kind::Int),
            ("first_us", Kind::Int),
            ("last_us", Kind::Int),
        ],
    },
    Table {
        name: "write_back",
        columns: &[
            ("source", Kind::Text),
            ("source_key", Kind::Text),
            ("content_hash", Kind::Int),
            ("updated_us", Kind::Int),
            ("at_us", Kind::Int),
            ("delivery", Kind::Int),
            ("taken", Kind::Bool),
            ("attempts", Kind::Int),
        ],
    },
    Table {
        name: "review_comment",
        columns: &[
            ("id", Kind::Uuid),
            ("a", Kind::Int),
            ("b", Kind::Int),
            ("by_whom", Kind::Text),
            ("at_us", Kind::Int),
            ("body", Kind::Text),
        ],
    },
    Table {
        name: "review_outcome",
        columns: &[("decision", Kind::Uuid), ("weight", Kind::Real), ("verdict", Kind::Text), ("at_us", Kind::Int)],
    },
    Table {
        name: "consent_statement",
        columns: &[
            ("record", Kind::Int),
            ("at_us", Kind::Int),
            ("digest", Kind::Int),
            ("statement", Kind::Text),
            ("delivery", Kind::Int),
            ("received_us", Kind::Int),
        ],
    },
    Table {
        name: "ledger_entry",
        columns: &[
            ("seq", Kind::Int),
            ("programme", Kind::Text),
            ("entry_id", Kind::Text),
            ("source", Kind::Text),
            ("entry", Kind::Text),
            ("taken_back", Kind::Int),
            ("received_us", Kind::Int),
        ],
    },
    Table {
        name: "ledger_posting",
        columns: &[
            ("programme", Kind::Text),
            ("account", Kind::Text),
            ("seq", Kind::Int),
            ("line", Kind::Small),
            ("points", Kind::Int),
            ("balance", Kind::Int),
        ],
    },
    Table {
        name: "ledger_waiting",
        columns: &[
            ("programme", Kind::Text),
            ("entry_id", Kind::Text),
            ("reverses", Kind::Text),
            ("source", Kind::Text),
            ("entry", Kind::Text),
            ("received_us", Kind::Int),
        ],
    },
    Table { name: "stance", columns: &[("record", Kind::Int), ("stance", Kind::Text)] },
    Table { name: "saved_view", columns: &[("account", Kind::Uuid), ("name", Kind::Text), ("query", Kind::Text)] },
    Table {
        name: "reconciliation",
        columns: &[
            ("source", Kind::Text),
            ("at_us", Kind::Int),
            ("ours", Kind::Int),
            ("theirs", Kind::Int),
            ("differ", Kind::Int),
            ("healed", Kind::Int),
        ],
    },
    Table { name: "tally", columns: &[("day", Kind::Int), ("name", Kind::Text), ("count", Kind::Int)] },
];

/// The columns of models and of rule sets.
const PART: &[(&str, Kind)] =
    &[("id", Kind::Int), ("hash", Kind::Text), ("name", Kind::Text), ("body", Kind::Text), ("added_us", Kind::Int)];

/// What the log of deliveries, decisions, policies and requests to sources consists of; everything else follows from it.
pub const LOG: [&str; 6] = ["delivery", "decision", "matching_model", "rule_set", "policy", "write_back"];
