//! Every text of the workbench, in each language that it speaks.

mod consent;
mod levels;
mod privacy;

pub use self::consent::ConsentWords;
pub use self::privacy::PrivacyWords;

macro_rules! words {
    ($of:ident: $($name:ident: $english:literal, $german:literal;)*) => {
        /// The texts of one language.
        #[derive(Debug, PartialEq, Eq)]
        pub struct $of {
            /// As in `lang`.
            pub code: &'static str,
            $(pub $name: &'static str,)*
        }

        static ENGLISH: $of = $of { code: "en", $($name: $english,)* };
        static GERMAN: $of = $of { code: "de", $($name: $german,)* };
    };
}
use words;

words! { Words:
    product: "Customer data hub", "Kundendaten-Hub";
    reviews: "Reviews", "Prüffälle";
    people: "People", "Personen";
    flows: "Flows", "Datenflüsse";
    rules: "Rules", "Regeln";
    policy: "Policy", "Regelwerk";
    policies: "Policies so far", "Bisherige Regelwerke";
    no_policy: "No policy is in force yet.", "Noch gilt kein Regelwerk.";
    survivorship: "Which value survives", "Welcher Wert gewinnt";
    survivorship_about: "The first criterion that tells two values apart decides.", "Das erste Kriterium, das zwei Werte unterscheidet, entscheidet.";
    up_to: "up to", "bis zu";
    matching: "Who is one person", "Wer eine Person ist";
    link_from: "Two records are linked from", "Zwei Datensätze werden verbunden ab";
    review_from: "A steward is asked from", "Gefragt wird ab";
    trust: "Trust", "Vertrauen";
    of_hundred: "of 100", "von 100";
    half_life: "halves in days", "halbiert sich in Tagen";
    all_others: "all others", "alle anderen";
    rank_validated: "verified or valid", "geprüft oder gültig";
    rank_trust: "most trusted source", "vertrauteste Quelle";
    rank_recent: "newest", "neuester";
    rank_frequent: "said by most", "von den meisten gesagt";
    rank_complete: "most complete", "vollständigster";
    rank_longest: "longest", "längster";
    sources: "Sources", "Quellen";
    no_sources: "Nothing has come in yet. Send records with `hub import`, or connect a system.", "Noch ist nichts angekommen. Datensätze kommen mit `hub import`, oder schließen Sie ein System an.";
    state: "State", "Zustand";
    payloads: "Payloads", "Lieferungen";
    last_seen: "Last", "Zuletzt";
    drift: "Drift", "Abweichungen";
    not_connected: "Described, not connected:", "Beschrieben, nicht angeschlossen:";
    receives: "receives", "empfängt";
    reads: "is read", "wird gelesen";
    failing: "failing", "gestört";
    active: "active", "aktiv";
    held: "held", "wartet";
    paused: "paused", "angehalten";
    disabled: "disabled", "abgeschaltet";
    run_now: "Read now", "Jetzt lesen";
    pause: "Pause", "Anhalten";
    resume: "Resume", "Fortsetzen";
    subscribers: "Subscribers", "Abonnenten";
    no_subscribers: "Nobody is told of changes yet; see Receive changes in the README.", "Noch erfährt niemand von Änderungen; siehe Receive changes im README.";
    lag: "Behind", "Rückstand";
    delivered: "Delivered", "Zugestellt";
    failed_attempts: "Failed", "Fehlgeschlagen";
    dead_letters: "Could not be processed", "Nicht verarbeitbar";
    dead_letter: "Dead letter", "Unzustellbares";
    no_letters: "Everything that came in was processed.", "Alles, was ankam, wurde verarbeitet.";
    count: "Count", "Anzahl";
    open_one: "Open one", "Eines öffnen";
    retry_all: "Retry all", "Alle erneut";
    payload: "Payload", "Inhalt";
    send_corrected: "Send corrected", "Berichtigt senden";
    retry_as_is: "Retry as it is", "Unverändert erneut";
    repaired: "It was put right.", "Es wurde berichtigt.";
    on_its_way: "Done. What was sent again is on its way.", "Erledigt. Erneut Gesendetes ist unterwegs.";
    sign_in: "Sign in", "Anmelden";
    sign_out: "Sign out", "Abmelden";
    account: "Account", "Konto";
    name: "Name", "Name";
    password: "Password", "Passwort";
    sign_in_failed: "Name or password is wrong.", "Name oder Passwort ist falsch.";
    sign_in_locked: "Too many wrong passwords. Wait a quarter of an hour, or ask an administrator for another one.", "Zu viele falsche Passwörter. Bitte eine Viertelstunde warten oder die Administration um ein neues bitten.";
    sign_in_hint: "Accounts are made with `hub users create`.", "Konten werden mit `hub users create` angelegt.";
    old_password: "Present password", "Bisheriges Passwort";
    new_password: "New password", "Neues Passwort";
    change_password: "Change the password", "Passwort ändern";
    password_rule: "At least 12 characters. Every other browser is signed out.", "Mindestens 12 Zeichen. Alle anderen Browser werden abgemeldet.";
    password_changed: "The password is changed.", "Das Passwort ist geändert.";
    role: "Role", "Rolle";
    language: "Language", "Sprache";
    search: "Search people", "Personen suchen";
    search_hint: "Name, e-mail, phone, place, card number", "Name, E-Mail, Telefon, Ort, Kartennummer";
    search_empty: "Type what you remember of somebody: typing errors and unfinished words are forgiven.", "Tippen Sie, was Sie von jemandem wissen: Tippfehler und angefangene Wörter machen nichts.";
    search_nobody: "Nobody fits. Try fewer words.", "Niemand passt. Versuchen Sie es mit weniger Wörtern.";
    found: "found", "gefunden";
    open_reviews: "open", "offen";
    all: "All", "Alle";
    reason: "Reason", "Grund";
    source: "Source", "Quelle";
    likelihood: "Likelihood", "Wahrscheinlichkeit";
    order: "Order", "Reihenfolge";
    apply: "Apply", "Anwenden";
    likeliest_first: "Likeliest first", "Wahrscheinlichste zuerst";
    unlikeliest_first: "Least likely first", "Unwahrscheinlichste zuerst";
    oldest_first: "Oldest first", "Älteste zuerst";
    newest_first: "Newest first", "Neueste zuerst";
    band_high: "90 % and more", "ab 90 %";
    band_middle: "50 to 90 %", "50 bis 90 %";
    band_low: "below 50 %", "unter 50 %";
    uncertain: "Uncertain", "Unsicher";
    outweighed: "Outweighed", "Überstimmt";
    contradiction: "Decisions contradict", "Entscheidungen widersprechen sich";
    uncertain_about: "The evidence is neither enough to join nor to part.", "Die Hinweise reichen weder zum Verbinden noch zum Trennen.";
    outweighed_about: "The two look alike, but others of their records speak against it.", "Die beiden ähneln sich, aber andere ihrer Datensätze sprechen dagegen.";
    contradiction_about: "Decisions of stewards contradict each other here; the newer one holds.", "Hier widersprechen sich Entscheidungen; die neuere gilt.";
    one: "One", "Eine";
    other: "The other", "Die andere";
    waiting_since: "Waiting since", "Offen seit";
    reviews_empty: "Nothing to review.", "Nichts zu prüfen.";
    reviews_empty_about: "Every pair of records is either clearly one person or clearly two. New doubts appear here by themselves.", "Alle Paare sind eindeutig dieselbe Person oder eindeutig verschiedene. Neue Zweifelsfälle erscheinen hier von selbst.";
    reviews_filtered: "No open case fits these filters.", "Kein offener Fall passt zu diesen Filtern.";
    clear_filters: "Clear the filters", "Filter aufheben";
    previous: "Previous", "Zurück";
    next: "Next", "Weiter";
    page: "Page", "Seite";
    of: "of", "von";
    same_person: "Same person", "Dieselbe Person";
    different_people: "Different people", "Verschiedene Personen";
    not_now: "Not now", "Später";
    undo: "Undo", "Rückgängig";
    decided_same: "Joined as one person:", "Als eine Person verbunden:";
    decided_different: "Kept apart for ever:", "Dauerhaft getrennt:";
    undone: "Undone. The case is open again.", "Rückgängig gemacht. Der Fall ist wieder offen.";
    why_optional: "Why (kept in history)", "Warum (bleibt im Verlauf)";
    default_same: "Reviewed: the same person", "Geprüft: dieselbe Person";
    default_different: "Reviewed: different people", "Geprüft: verschiedene Personen";
    default_undo: "Taken back by the one who decided", "Zurückgenommen";
    default_pick: "Chosen while reviewing", "Bei der Prüfung gewählt";
    result: "Golden record that would result", "Goldener Datensatz, der entstünde";
    effects: "What follows", "Was folgt";
    effect_ids: "becomes one person with this many source records:", "wird eine Person mit so vielen Quelldatensätzen:";
    effect_survivor: "The older golden id stays; the other one leads to it.", "Die ältere goldene Kennung bleibt; die andere führt zu ihr.";
    effect_subscribers: "Systems that are told:", "Systeme, die davon erfahren:";
    effect_write: "Systems whose stale record is written:", "Systeme, deren veralteter Datensatz geschrieben wird:";
    effect_none: "No other system is told: there are no subscribers.", "Kein anderes System erfährt davon: Es gibt keine Abonnenten.";
    evidence: "Evidence", "Hinweise";
    prior: "Before anything is compared", "Vor jedem Vergleich";
    sum: "All together", "Zusammen";
    decides: "decides the case", "gibt den Ausschlag";
    strangers_one_in: "of strangers, one pair in", "von Fremden ein Paar unter";
    not_here: "This node does not hold the population, so the evidence cannot be shown; ask the node that resolves.", "Dieser Knoten hält den Bestand nicht, daher fehlen die Hinweise; bitte den auflösenden Knoten fragen.";
    use_this: "Use this value", "Diesen Wert nehmen";
    changed_meanwhile: "The records have changed since this page was opened. Look again, nothing was decided.", "Die Datensätze haben sich seit dem Öffnen geändert. Bitte erneut ansehen, es wurde nichts entschieden.";
    taken_back: "The decision was taken back.", "Die Entscheidung wurde zurückgenommen.";
    closed_meanwhile: "This case is settled: somebody decided it, or its records changed.", "Dieser Fall ist erledigt: Jemand hat entschieden, oder die Datensätze haben sich geändert.";
    one_already: "Both records are one person already.", "Beide Datensätze sind bereits eine Person.";
    queued: "The decision is stored and will be carried out as soon as a node resolves.", "Die Entscheidung ist gespeichert und wird ausgeführt, sobald ein Knoten auflöst.";
    keys: "Keys", "Tasten";
    key_same: "same person", "dieselbe Person";
    key_different: "different people", "verschiedene Personen";
    key_later: "next case, leave this one open", "nächster Fall, dieser bleibt offen";
    key_back: "case before", "voriger Fall";
    key_undo: "undo the last decision", "letzte Entscheidung rückgängig";
    key_search: "search", "suchen";
    key_list: "back to the list", "zurück zur Liste";
    key_help: "show and hide this", "dies zeigen und verbergen";
    close: "Close", "Schließen";
    golden_values: "Golden values", "Goldene Werte";
    lost_validated: "less sure to be valid", "weniger sicher gültig";
    lost_trust: "less trusted", "weniger vertrauenswürdig";
    lost_recent: "older", "älter";
    lost_frequent: "said by fewer", "von weniger gesagt";
    lost_complete: "less complete", "weniger vollständig";
    lost_longest: "shorter", "kürzer";
    lost_tie: "no worse, but later in order", "nicht schlechter, nur später in der Reihenfolge";
    won: "won", "gewann";
    source_records: "Source records", "Quelldatensätze";
    last_changed: "last changed", "zuletzt geändert";
    decisions: "Decisions in force", "Geltende Entscheidungen";
    decision_always_link: "are one person", "sind eine Person";
    decision_never_link: "are different people", "sind verschiedene Personen";
    decision_pin: "is pinned", "ist festgelegt";
    no_decisions: "Nobody has decided anything about this person.", "Über diese Person hat niemand etwas entschieden.";
    history: "History", "Verlauf";
    event_created: "appeared", "erschienen";
    event_updated: "changed", "geändert";
    event_restored: "came back", "wieder da";
    event_merged: "merged into another", "in eine andere übergegangen";
    event_deleted: "vanished", "verschwunden";
    version: "version", "Version";
    pin_forever: "Show this", "Dies zeigen";
    pin_until: "until the sources say something else", "bis die Quellen anderes sagen";
    default_pin: "Chosen by hand", "Von Hand gewählt";
    pinned: "The golden record shows the chosen value.", "Der goldene Datensatz zeigt den gewählten Wert.";
    part: "Part…", "Trennen…";
    part_about: "Tick the records that are somebody else's.", "Kreuzen Sie die Datensätze an, die jemand anderem gehören.";
    part_title: "Two people instead of one", "Zwei Personen statt einer";
    part_stays: "Stays", "Bleibt";
    part_leaves: "Becomes somebody else", "Wird eine andere Person";
    part_confirm: "Part them", "Trennen";
    part_none: "Tick at least one record, and leave at least one.", "Kreuzen Sie mindestens einen Datensatz an, und lassen Sie mindestens einen übrig.";
    part_forever: "They stay apart for ever, whatever comes later, until this decision is undone.", "Sie bleiben getrennt, was auch kommt, bis diese Entscheidung rückgängig gemacht wird.";
    default_part: "Looked at: not the same person", "Angesehen: nicht dieselbe Person";
    parted: "Parted. Below is who stays.", "Getrennt. Unten steht, wer bleibt.";
    cancel: "Cancel", "Abbrechen";
    by: "by", "von";
    unknown_person: "Nobody has this id.", "Niemand hat diese Kennung.";
    gone_person: "Every source has deleted its record of this person.", "Alle Quellen haben ihren Datensatz dieser Person gelöscht.";
    no_name: "without a name", "ohne Namen";
    forbidden: "Your role does not permit this.", "Ihre Rolle erlaubt das nicht.";
    not_found: "There is nothing at this address.", "Unter dieser Adresse gibt es nichts.";
    failed: "Something went wrong. Nothing was changed; try again.", "Etwas ging schief. Nichts wurde geändert; bitte erneut versuchen.";
    foreign_form: "The form came from elsewhere and was not accepted. Open the page again.", "Das Formular kam von anderswo und wurde nicht angenommen. Bitte die Seite neu öffnen.";
    skip: "To the content", "Zum Inhalt";
    field_given: "Given name", "Vorname";
    field_family: "Family name", "Nachname";
    field_middle: "Middle name", "Zweiter Vorname";
    field_birth: "Birth date", "Geburtsdatum";
    field_gender: "Gender", "Geschlecht";
    field_generation: "Generation", "Generation";
    field_email: "E-mail", "E-Mail";
    field_phone: "Phone", "Telefon";
    field_address: "Address", "Adresse";
    field_identifier: "Identifier", "Kennung";
    field_organisation: "Organisation", "Firma";
    field_birth_place: "Birthplace", "Geburtsort";
    field_occupation: "Occupation", "Beruf";
    field_country: "Country", "Land";
    field_source: "Within one source", "Innerhalb einer Quelle";
    field_name_order: "Order of the names", "Reihenfolge der Namen";
    field_language: "Language", "Sprache";
    field_name: "Name", "Name";
    deferred_view: "Put off", "Zurückgestellt";
    open_now: "Open now", "Jetzt offen";
    country: "Country", "Land";
    age: "Waiting", "Wartet";
    older_day: "over a day", "über einen Tag";
    older_week: "over a week", "über eine Woche";
    older_month: "over a month", "über einen Monat";
    assignee: "Assigned to", "Zugewiesen an";
    nobody: "nobody", "niemandem";
    me: "me", "mir";
    due: "Due", "Fällig";
    due_by: "due by", "fällig bis";
    week_opened: "came in over 7 days", "in 7 Tagen hinzugekommen";
    week_closed: "settled", "erledigt";
    saved_views: "Saved views", "Gespeicherte Ansichten";
    save_view: "Save view", "Ansicht speichern";
    view_name: "Name of this view", "Name dieser Ansicht";
    forget_view: "Forget the view", "Ansicht vergessen";
    tick: "Tick", "Ankreuzen";
    tick_all: "Tick all", "Alle ankreuzen";
    with_ticked: "With the ticked ones:", "Mit den angekreuzten:";
    bulk_same: "Join each of these pairs?", "Jedes dieser Paare verbinden?";
    bulk_different: "Keep each of these pairs apart for ever?", "Jedes dieser Paare dauerhaft trennen?";
    bulk_about: "Nothing has been decided yet. Each case becomes a decision of its own, which can be undone by itself.", "Noch ist nichts entschieden. Jeder Fall wird eine eigene Entscheidung, die einzeln rückgängig gemacht werden kann.";
    bulk_gone: "ticked cases are settled already and left out.", "angekreuzte Fälle sind bereits erledigt und bleiben außen vor.";
    bulk_none: "Tick at least one case.", "Kreuzen Sie mindestens einen Fall an.";
    bulk_done: "decided", "entschieden";
    bulk_skipped: "had changed meanwhile and were left as they are", "hatten sich inzwischen geändert und bleiben, wie sie sind";
    bulk_proposed: "wait for a second person", "warten auf eine zweite Person";
    together: "records together", "Datensätze zusammen";
    hand_over: "Assign", "Zuweisen";
    put_off: "Put off…", "Zurückstellen…";
    until_week: "for a week", "eine Woche";
    until_month: "for a month", "einen Monat";
    deferred_until: "Put off until", "Zurückgestellt bis";
    ask_again: "Ask again now", "Jetzt wieder fragen";
    put_off_done: "Put off.", "Zurückgestellt.";
    handed_over: "Assigned.", "Zugewiesen.";
    saved: "Saved.", "Gespeichert.";
    discussion: "Among stewards", "Unter Kollegen";
    comment: "Comment or question", "Anmerkung oder Frage";
    comment_send: "Save", "Speichern";
    no_comments: "Nobody has said anything about these records.", "Zu diesen Datensätzen hat noch niemand etwas gesagt.";
    reason_needed: "A reason is asked for here. Nothing was decided.", "Hier wird ein Grund verlangt. Es wurde nichts entschieden.";
    why_required: "Why (required)", "Warum (verlangt)";
    proposed_by: "proposed by", "vorgeschlagen von";
    proposed: "Proposed", "Vorgeschlagen";
    proposed_same: "Proposed: the same person. A second person has to agree.", "Vorgeschlagen: dieselbe Person. Eine zweite Person muss zustimmen.";
    proposed_different: "Proposed: different people. A second person has to agree.", "Vorgeschlagen: verschiedene Personen. Eine zweite Person muss zustimmen.";
    proposed_own: "The same steward cannot confirm it.", "Dieselbe Person kann es nicht bestätigen.";
    proposed_done: "Your verdict waits for a second person.", "Ihr Urteil wartet auf eine zweite Person.";
    key_not_now: "not now: put off until tomorrow", "später: bis morgen zurückstellen";
    key_comment: "comment, ask a colleague", "anmerken, jemanden fragen";
    skip_case: "Skip", "Überspringen";
    unknown_colleague: "Nobody who may decide has this name.", "Niemand mit diesem Namen darf entscheiden.";
    bad_day: "Write the day like 2026-12-31.", "Bitte den Tag wie 2026-12-31 schreiben.";
    draft: "A change of rules", "Eine Änderung der Regeln";
    draft_about: "Nothing changes until you have seen what it would do, and said so. It begins with", "Nichts ändert sich, bevor Sie gesehen haben, was es bewirkt, und zustimmen. Ausgangspunkt:";
    draft_begin: "Try a change…", "Änderung erproben…";
    draft_again: "Change the draft", "Entwurf ändern";
    tried_last: "The change tried last", "Zuletzt erprobte Änderung";
    try_it: "What would it do?", "Was würde geschehen?";
    try_about: "The whole population is gone through on paper.", "Der ganze Bestand wird auf dem Papier durchgespielt.";
    what_if: "What if", "Was wäre wenn";
    what_if_about: "The same steps as for real, over everybody, with nothing written.", "Dieselben Schritte wie im Ernstfall, über alle, ohne etwas zu schreiben.";
    trying: "Going through everybody", "Alle werden durchgespielt";
    differs: "What differs from the policy in force", "Was vom geltenden Regelwerk abweicht";
    differs_nothing: "Nothing.", "Nichts.";
    now: "now", "jetzt";
    then: "then", "dann";
    golden_records: "Golden records", "Goldene Datensätze";
    largest: "Source records of the largest", "Quelldatensätze des größten";
    merges: "People who become one", "Personen, die eine werden";
    splits: "People who part", "Personen, die sich trennen";
    changed_values: "Values that change", "Werte, die sich ändern";
    more_reviews: "Reviews more", "Prüffälle mehr";
    fewer_reviews: "Reviews fewer", "Prüffälle weniger";
    change_events: "Messages that every receiver of the feed would get:", "Nachrichten, die jeder Empfänger bekäme:";
    and_more: "and more:", "und weitere:";
    activate: "Bring it into force", "In Kraft setzen";
    activated: "It comes into force; everybody is carried over in the background.", "Es tritt in Kraft; alle werden im Hintergrund übernommen.";
    carrying: "carried over", "übernommen";
    go_back: "Go back to this one", "Zu diesem zurück";
    no_what_if: "This what-if is no longer here; it is kept until the next one begins.", "Dieser Versuch ist nicht mehr da; er bleibt, bis der nächste beginnt.";
    policy_meanwhile: "Another policy has come into force since; try the change again.", "Inzwischen gilt ein anderes Regelwerk; bitte erneut erproben.";
    quality: "Quality", "Qualität";
    measured: "Measured", "Gemessen";
    measuring: "The figures are being measured; they appear here by themselves.", "Die Zahlen werden gemessen; sie erscheinen hier von selbst.";
    duplicates: "duplicates joined", "Dubletten verbunden";
    open_cases: "open reviews", "offene Prüffälle";
    age_new: "since today", "seit heute";
    chart_people: "People over 30 days", "Personen in 30 Tagen";
    chart_appeared: "appeared", "erschienen";
    chart_merged: "merged into another", "in einer anderen aufgegangen";
    chart_reviews: "Reviews over 30 days", "Prüffälle in 30 Tagen";
    chart_opened: "came in", "hinzugekommen";
    chart_closed: "settled", "erledigt";
    as_picture: "as a picture", "als Bild";
    completeness: "Completeness and validity", "Vollständigkeit und Gültigkeit";
    completeness_about: "Records that say something, and below of these the share that is usable as it stands. Records looked at:", "Datensätze, die etwas sagen, und darunter, wie viele davon so brauchbar sind. Angesehene Datensätze:";
    looked_at: "Records", "Datensätze";
    conflicts: "Where sources differ", "Wo Quellen sich unterscheiden";
    conflicts_about: "Of the people whom more than one source knows. People looked at:", "Unter Personen, die mehrere Quellen kennen. Angesehene Personen:";
    stated_twice: "stated by several", "von mehreren gesagt";
    contradict: "differ", "verschieden";
    verdicts: "How stewards decide", "Wie entschieden wird";
    verdicts_about: "If matching judged well, both shares would be alike.", "Urteilte der Abgleich gut, wären beide Anteile gleich.";
    expected_same: "expected the same", "erwartet dieselbe";
    said_same: "said the same", "gesagt dieselbe";
    joined_right: "Records joined that nobody has parted:", "Verbundene Datensätze, die niemand getrennt hat:";
    parted_unasked: "parted by stewards unasked; who is never looked at is never parted, so this is the most it can be", "ungefragt getrennt; wen niemand ansieht, den trennt niemand, daher ist das eine Obergrenze";
    mapping: "Mapping", "Zuordnung";
    source_field: "Source field", "Quellfeld";
    canonical_field: "Canonical field", "Kanonisches Feld";
    golden_value: "Golden value", "Goldener Wert";
    by_way_of: "by way of", "auf dem Weg über";
    from_manifest: "from the manifest", "aus dem Manifest";
    keeps_unread: "Fields that are not mapped stay with the record.", "Nicht zugeordnete Felder bleiben beim Datensatz.";
    manifest_version: "manifest version", "Manifest-Version";
    try_sample: "Try a sample", "Beispiel erproben";
    sample: "An export as the system writes it, or the body of a webhook", "Ein Export, wie das System ihn schreibt, oder der Inhalt eines Webhooks";
    sample_headers: "Headers of a webhook, such as its topic, one a line (none for an export)", "Kopfzeilen eines Webhooks, etwa sein Thema, eine je Zeile (keine bei einem Export)";
    sample_about: "Nothing of it is stored.", "Nichts davon wird gespeichert.";
    no_webhook: "The manifest knows of no webhook; leave the headers empty.", "Das Manifest kennt keinen Webhook; lassen Sie die Kopfzeilen leer.";
    kept_for: "kept for", "aufgehoben für";
    deleted_there: "deleted there", "dort gelöscht";
    left_out: "Left out:", "Weggelassen:";
    not_mapped: "Not mapped:", "Nicht zugeordnet:";
    unknown_source: "There is no source of this name.", "Es gibt keine Quelle dieses Namens.";
    changed_to: "Change", "Änderung";
    feeds: "Feeds", "Speist";
    since: "Since", "Seit";
    drift_new: "new", "neu";
    drift_missing: "missing", "fehlt";
    drift_retyped: "another kind:", "andere Art:";
    accept_drift: "Take it for granted from now on", "Ab jetzt als gegeben nehmen";
    trail: "Follow this change", "Diese Änderung verfolgen";
    trail_about: "The last change of this person, from what came in to who has been told.", "Die letzte Änderung dieser Person, vom Eingang bis zu allen, die davon wissen.";
    trail_in: "What came in", "Was ankam";
    trail_decided: "What was decided", "Was entschieden wurde";
    trail_event: "change", "Änderung";
    trail_took: "after the last delivery", "nach der letzten Lieferung";
    trail_out: "Who has been told", "Wer davon weiß";
    trail_told: "has it", "weiß es";
    trail_waits: "waits its turn", "ist noch nicht dran";
    trail_before: "changes to go", "Änderungen davor";
    delivery: "delivery", "Lieferung";
    as_of_now: "As of now", "Heutiger Stand";
    moment_from: "From", "Von";
    moment_to: "To", "Bis";
    compare: "Compare", "Vergleichen";
    compare_moments: "Compare two moments", "Zwei Zeitpunkte vergleichen";
    cluster: "What holds the records together", "Was die Datensätze zusammenhält";
    cluster_about: "Dashed: not enough by itself, or the only link between two halves.", "Gestrichelt: für sich zu wenig, oder die einzige Verbindung zweier Hälften.";
    others: "Who else it might be", "Wer es noch sein könnte";
    joined_done: "Both are one person now.", "Beide sind jetzt eine Person.";
    kept_apart_done: "Kept apart for ever.", "Dauerhaft getrennt.";
    too_many_records: "Both people together have too many source records for one decision.", "Beide Personen haben zusammen zu viele Quelldatensätze für eine Entscheidung.";
    session_ended: "Your session has ended. What you sent was kept: sign in, and send it again.", "Ihre Sitzung ist abgelaufen. Was Sie gesendet haben, ist aufgehoben: Melden Sie sich an und senden Sie es erneut.";
    signed_in_again: "Signed in again", "Wieder angemeldet";
    send_again_about: "What you had sent was not carried out, because your session had ended.", "Was Sie gesendet hatten, wurde nicht ausgeführt, weil Ihre Sitzung abgelaufen war.";
    send_again: "Send it now", "Jetzt senden";
    do_not_send: "Leave it", "Nicht senden";
    records: "records", "Datensätze";
    too_late: "The database does not answer. What you sent may have been carried out all the same: go back and look before you send it again. Nothing is done twice.", "Die Datenbank antwortet nicht. Was Sie gesendet haben, wurde vielleicht trotzdem ausgeführt: Gehen Sie zurück und sehen Sie nach, bevor Sie es erneut senden. Nichts wird doppelt ausgeführt.";
    set_value: "Set another value", "Anderen Wert setzen";
    nothing_typed: "Type a value first.", "Bitte zuerst einen Wert eingeben.";
    field_street: "Street", "Straße";
    field_postcode: "Postcode", "Postleitzahl";
    field_city: "City", "Ort";
    field_scheme: "Kind", "Art";
    compared: "Compared", "Verglichen";
    membership: "Membership", "Mitgliedschaft";
    points: "Points", "Punkte";
    points_pending: "Pending", "Vorgemerkt";
    effect_points: "points in one balance; each stays with its card", "Punkte in einem Saldo; jeder bleibt bei seiner Karte";
    points_together: "Together", "Zusammen";
    card_shared: "somebody else has this number too", "auch jemand anders hat diese Nummer";
}

impl Words {
    /// The words of a language, by its code; English where nobody has translated.
    pub fn of(code: &str) -> &'static Words {
        let primary = code.split('-').next().unwrap_or_default();
        if primary.eq_ignore_ascii_case("de") { &GERMAN } else { &ENGLISH }
    }

    /// What is asked for where somebody says why.
    pub fn why(&self, is_required: bool) -> &'static str {
        if is_required { self.why_required } else { self.why_optional }
    }

    /// The words that a browser asks for with `Accept-Language`: the first language that there is.
    pub fn asked(accept_language: &str) -> &'static Words {
        let wanted = accept_language.split(',').map(|range| range.split(';').next().unwrap_or_default().trim());
        let known = wanted.map(|code| code.get(..2).unwrap_or_default().to_ascii_lowercase());
        known.into_iter().find(|code| code == "de" || code == "en").map_or(&ENGLISH, |code| Words::of(&code))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_language_that_there_is_wins() {
        for (asked, expected) in
            [("de-CH,de;q=0.9,en;q=0.8", "de"), ("fr, en;q=0.5", "en"), ("fr", "en"), ("", "en"), ("en-GB, de", "en")]
        {
            assert_eq!(Words::asked(asked).code, expected, "{asked}");
        }
    }
}
