//! Reads TOML tables member by member and notes everything that is wrong, instead of stopping at the first.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::{ManifestError, ManifestErrors};

pub(super) type Toml<'t> = Spanned<DeValue<'t>>;

/// Collects errors and knows the line of every place.
pub(super) struct Report<'a> {
    file: &'a str,
    text: &'a str,
    errors: Vec<ManifestError>,
}

/// A table whose members are taken one after the other; what remains at the end is unknown.
pub(super) struct Section<'t> {
    table: &'t DeTable<'t>,
    /// Where the table begins.
    pub(super) at: usize,
    /// What the table is called in messages.
    title: String,
    known: Vec<&'static str>,
}

impl<'a> Report<'a> {
    pub(super) fn new(file: &'a str, text: &'a str) -> Report<'a> {
        Report { file, text, errors: Vec::new() }
    }

    pub(super) fn error(&mut self, at: usize, what: impl Into<String>, remedy: impl Into<String>) {
        let before = &self.text.as_bytes()[..at.min(self.text.len())];
        let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
        self.errors.push(ManifestError { file: self.file.to_owned(), line, what: what.into(), remedy: remedy.into() });
    }

    pub(super) fn finish(mut self) -> Result<(), ManifestErrors> {
        self.errors.sort_by_key(|error| error.line);
        if self.errors.is_empty() { Ok(()) } else { Err(ManifestErrors(self.errors)) }
    }

    /// The text of a value, or an error.
    pub(super) fn text<'t>(&mut self, value: &'t Toml<'t>, what: &str) -> Option<&'t str> {
        let text = value.get_ref().as_str();
        if text.is_none() {
            self.wrong_type(value, what, "a text in quotes");
        }
        text
    }

    /// The word's meaning; nothing if there is no word, or after an error was reported.
    pub(super) fn one_of<T: Copy>(&mut self, value: Option<&Toml<'_>>, name: &str, words: &[(&str, T)]) -> Option<T> {
        let value = value?;
        let word = self.text(value, &format!("`{name}`"))?;
        let found = words.iter().find(|(known, _)| *known == word).map(|(_, found)| *found);
        if found.is_none() {
            let known: Vec<&str> = words.iter().map(|(known, _)| *known).collect();
            self.error(value.span().start, format!("the {name} `{word}` is unknown"), did_you_mean(word, &known));
        }
        found
    }

    pub(super) fn texts(&mut self, value: &Toml<'_>, what: &str) -> Vec<String> {
        match value.get_ref() {
            DeValue::Array(values) => {
                values.iter().filter_map(|value| Some(self.text(value, what)?.to_owned())).collect()
            }
            _ => self.text(value, what).map(str::to_owned).into_iter().collect(),
        }
    }

    pub(super) fn integer(&mut self, value: &Toml<'_>, what: &str, least: i64, most: i64) -> Option<i64> {
        let number = value.get_ref().as_integer().and_then(|number| number.as_str().parse().ok());
        let number = number.filter(|number| (least..=most).contains(number));
        if number.is_none() {
            self.wrong_type(value, what, &format!("a whole number from {least} to {most}"));
        }
        number
    }

    pub(super) fn boolean(&mut self, value: &Toml<'_>, what: &str) -> Option<bool> {
        let boolean = value.get_ref().as_bool();
        if boolean.is_none() {
            self.wrong_type(value, what, "true or false");
        }
        boolean
    }

    pub(super) fn section<'t>(&mut self, value: &'t Toml<'t>, title: &str) -> Option<Section<'t>> {
        let table = value.get_ref().as_table();
        if table.is_none() {
            self.wrong_type(value, title, "a table");
        }
        Some(Section::new(table?, value.span().start, title))
    }

    pub(super) fn wrong_type(&mut self, value: &Toml<'_>, what: &str, expected: &str) {
        let found = value.get_ref().type_str();
        self.error(value.span().start, format!("{what} is written as {found}"), format!("write {expected}"));
    }
}

impl<'t> Section<'t> {
    pub(super) fn new(table: &'t DeTable<'t>, at: usize, title: &str) -> Section<'t> {
        Section { table, at, title: title.to_owned(), known: Vec::new() }
    }

    pub(super) fn take(&mut self, name: &'static str) -> Option<&'t Toml<'t>> {
        self.known.push(name);
        self.table.iter().find(|(key, _)| key.get_ref() == name).map(|(_, value)| value)
    }

    /// Whether a member is there.
    pub(super) fn has(&self, name: &str) -> bool {
        self.table.contains_key(name)
    }

    pub(super) fn take_text(&mut self, report: &mut Report<'_>, name: &'static str) -> Option<&'t str> {
        let what = format!("`{name}`");
        self.take(name).and_then(|value| report.text(value, &what))
    }

    pub(super) fn required(
        &mut self,
        report: &mut Report<'_>,
        name: &'static str,
        remedy: &str,
    ) -> Option<&'t Toml<'t>> {
        let value = self.take(name);
        if value.is_none() {
            report.error(self.at, format!("`{name}` is missing in {}", self.title), remedy);
        }
        value
    }

    /// All members, for tables whose names are free.
    pub(super) fn members(&self) -> impl Iterator<Item = (&'t str, usize, &'t Toml<'t>)> {
        self.table.iter().map(|(key, value)| (key.get_ref().as_ref(), key.span().start, value))
    }

    /// Whatever was not taken is unknown.
    pub(super) fn finish(self, report: &mut Report<'_>) {
        for (name, at, _) in self.members() {
            if !self.known.contains(&name) {
                report.error(at, format!("`{name}` is unknown in {}", self.title), did_you_mean(name, &self.known));
            }
        }
    }
}

/// Names the nearest of the known words, or all of them.
pub(super) fn did_you_mean(name: &str, known: &[&str]) -> String {
    let nearest = known.iter().min_by_key(|word| distance(name, word));
    match nearest {
        Some(word) if distance(name, word) <= 1 + name.len() / 2 => {
            format!("did you mean `{word}`?")
        }
        _ => format!("known here: {}", known.join(", ")),
    }
}

/// Levenshtein's distance; names in manifests are short.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (index, a) in left.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = index + 1;
        for (column, b) in right.iter().enumerate() {
            let replaced = diagonal + usize::from(a != *b);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[right.len()]
}
