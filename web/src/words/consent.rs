//! What people have allowed and refused, in words.

use super::{Words, words};

words! { ConsentWords:
    title: "Consent", "Einwilligung";
    purpose: "Purpose", "Zweck";
    any: "In general", "Allgemein";
    email: "E-mail", "E-Mail";
    sms: "SMS", "SMS";
    phone: "Phone", "Telefon";
    post: "Post", "Post";
    app: "App", "App";
    web: "Web", "Web";
    yes: "yes", "ja";
    no: "no", "nein";
    granted: "granted", "erteilt";
    existing_customer: "existing customer", "Bestandskunde";
    not_refused: "not refused", "nicht abgelehnt";
    not_needed: "not needed", "nicht nötig";
    refused: "refused", "abgelehnt";
    withdrawn: "withdrawn", "widerrufen";
    expired: "expired", "abgelaufen";
    unknown: "unknown", "unbekannt";
    other_contact_point: "for another one only", "nur für andere";
    never_granted: "never granted", "nie erteilt";
    no_contact_point: "no contact point", "kein Kontakt";
    disputed: "disputed", "strittig";
    for_some: "for", "für";
    statements: "Statements", "Aussagen";
    all_statements: "All statements and their evidence", "Alle Aussagen mit Nachweisen";
    none_yet: "Nobody has said anything so far. What the law of the person’s countries permits all the same stands above.", "Bisher hat niemand etwas gesagt. Was das Recht der Länder dieser Person dennoch erlaubt, steht oben.";
    said_at: "Said", "Gesagt";
    state: "State", "Stand";
    reaches: "Contact point", "Kontakt";
    evidence: "Evidence", "Nachweis";
    source: "Source", "Quelle";
    form: "form", "Formular";
    receipt: "receipt", "Beleg";
    signal: "signal", "Signal";
    place: "at", "bei";
    confirmed: "confirmed twice", "doppelt bestätigt";
    valid_until: "until", "bis";
    older: "Older statements", "Ältere Aussagen";
    record_title: "Record a statement", "Aussage festhalten";
    record_about: "For example on the telephone. A permission reaches one contact point; a refusal holds for all.", "Zum Beispiel am Telefon. Eine Einwilligung gilt für einen Kontakt, eine Ablehnung für alle.";
    channel: "Channel", "Kanal";
    point: "Contact point, for a permission", "Kontakt, für eine Einwilligung";
    why: "How do you know?", "Woher wissen Sie das?";
    record: "Record", "Festhalten";
    recorded: "Recorded. It counts from now on.", "Festgehalten. Es gilt ab sofort.";
    lost: "Permissions lost", "Verlorene Erlaubnisse";
    gained: "Permissions gained", "Gewonnene Erlaubnisse";
    no_longer: "may no longer be used", "darf nicht mehr verwendet werden";
    nothing_lost: "Consent: nothing that is allowed today would be lost.", "Einwilligung: Nichts, was heute erlaubt ist, ginge verloren.";
}

impl Words {
    pub fn consent(&self) -> &'static ConsentWords {
        if self.code == GERMAN.code { &GERMAN } else { &ENGLISH }
    }
}
