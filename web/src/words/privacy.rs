//! What people ask for, in words.

use super::{Words, words};

words! { PrivacyWords:
    title: "Privacy", "Datenschutz";
    requests: "Requests", "Anfragen";
    none_yet: "Nobody has asked for anything. Begin on the page of the person who asks.", "Niemand hat etwas angefragt. Beginnen Sie auf der Seite der Person, die anfragt.";
    kind: "Asks for", "Anliegen";
    access: "a copy of the data", "Auskunft";
    erasure: "erasure", "Löschung";
    state: "State", "Stand";
    open: "identity to be checked", "Identität zu prüfen";
    verified: "ready", "bereit";
    held: "on hold", "angehalten";
    done: "done", "erledigt";
    refused: "refused", "abgelehnt";
    received: "Received", "Eingegangen";
    due: "Due", "Fällig";
    overdue: "overdue", "überfällig";
    person: "Person", "Person";
    recorded_by: "Recorded by", "Festgehalten von";
    verified_by: "Identity checked", "Identität geprüft";
    ended_by: "Ended", "Beendet";
    held_by: "Put on hold", "Angehalten";
    next: "Next step", "Nächster Schritt";
    how: "How did you make sure that it is the person?", "Wie haben Sie sichergestellt, dass es die Person ist?";
    how_about: "Say how, not who: this text stays when the person is forgotten.", "Nennen Sie den Weg, nicht die Person: Dieser Text bleibt, wenn sie vergessen ist.";
    verify: "Identity checked", "Identität geprüft";
    document: "See everything that is held", "Alles ansehen, was gespeichert ist";
    handed_out: "Handed out", "Ausgehändigt";
    erase: "Erase for good", "Endgültig löschen";
    erase_about: "The person’s records, their history, consents, comments and the deliveries as received are taken out for good, and every system that had a copy is told. Whoever sends the person again is refused. This cannot be undone.", "Datensätze, Verlauf, Einwilligungen, Bemerkungen und die Lieferungen im Original werden endgültig entfernt, und jedes System mit einer Kopie erfährt davon. Wer die Person wieder sendet, wird abgewiesen. Das lässt sich nicht rückgängig machen.";
    sure: "I have read this", "Ich habe das gelesen";
    hold: "Put on hold", "Anhalten";
    hold_about: "For example while a claim is open", "Zum Beispiel solange ein Anspruch offen ist";
    release: "Go on", "Fortsetzen";
    refuse: "Refuse", "Ablehnen";
    reason: "Reason, without names", "Grund, ohne Namen";
    certificate: "Certificate of erasure", "Löschbestätigung";
    records: "Source records", "Datensätze der Quellen";
    deliveries: "Deliveries as received", "Lieferungen im Original";
    versions: "Versions of golden records", "Versionen von Golden Records";
    decisions: "Decisions", "Entscheidungen";
    statements: "Statements of consent", "Aussagen zu Einwilligungen";
    comments: "Comments", "Bemerkungen";
    ledger: "Ledger entries without their card number", "Buchungen ohne Kartennummer";
    turned_away: "Deliveries refused since", "Seither abgewiesene Lieferungen";
    parties: "Who had a copy", "Wer eine Kopie hatte";
    source: "Source", "Quelle";
    subscriber: "Subscriber", "Empfänger";
    confirmed: "confirmed", "bestätigt";
    waiting: "not confirmed yet", "noch nicht bestätigt";
    confirm: "It has told us", "Hat es uns mitgeteilt";
    all_confirmed: "All have confirmed.", "Alle haben bestätigt.";
    ask: "Privacy", "Datenschutz";
    ask_about: "Does this person ask for something? The answer is due within a month.", "Fragt diese Person etwas an? Die Antwort ist binnen eines Monats fällig.";
    ask_access: "Asks for a copy of their data", "Bittet um Auskunft";
    ask_erasure: "Asks for erasure", "Bittet um Löschung";
    keep_ledger: "Keep their card number in the books of points", "Kartennummer in den Punktebüchern behalten";
    profile: "Golden record", "Golden Record";
    consents: "Consent", "Einwilligung";
    loyalty: "Points", "Punkte";
    history: "Earlier versions", "Frühere Versionen";
    recipients: "Systems that get the golden record", "Systeme, die den Golden Record erhalten";
    purposes: "What it may be used for", "Wofür er verwendet werden darf";
    held_about: "Everything that is held", "Alles, was gespeichert ist";
    nothing: "Nothing is held.", "Nichts ist gespeichert.";
    as_json: "As JSON", "Als JSON";
    audit: "Audit", "Protokoll";
    audit_about: "Who changed or looked at what. Each entry is sealed together with the one before; hub audit verify finds any that was touched.", "Wer was geändert oder angesehen hat. Jeder Eintrag ist mit dem vorigen versiegelt; hub audit verify findet jeden, der angetastet wurde.";
    actor: "Who", "Wer";
    action: "What", "Was";
    subject: "On what", "Woran";
    when: "When", "Wann";
    number: "No.", "Nr.";
    seal: "Seal", "Siegel";
    denied: "denied", "verweigert";
    find: "Find", "Suchen";
    no_entries: "Nothing like that was written down.", "Nichts davon wurde protokolliert.";
    older: "Older entries", "Ältere Einträge";
}

impl Words {
    pub fn privacy(&self) -> &'static PrivacyWords {
        if self.code == GERMAN.code { &GERMAN } else { &ENGLISH }
    }
}
