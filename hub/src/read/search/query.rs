//! From words to a ranked query: exact before prefix before misspelt, names before the rest, in any order.

use super::document::Fields;
use super::text::{self, Sought};
use tantivy::Term;
use tantivy::query::{
    BooleanQuery, BoostQuery, ConstScoreQuery, DisjunctionMaxQuery, FuzzyTermQuery, Occur, Query, TermQuery,
};
use tantivy::schema::{Field, IndexRecordOption};

/// What a word is worth by how it was found. The steps are wider than what rarity adds within one.
const EXACT: f32 = 30.0;
const PREFIX: f32 = 12.0;
const MISSPELT: f32 = 8.0;
const MISSPELT_TWICE: f32 = 3.0;
/// A word found outside the name is worth this much of one in it.
const ELSEWHERE: f32 = 0.6;
/// Shorter words are too alike for a second look.
const MISSPELT_CHARS_MIN: usize = 4;
const MISSPELT_TWICE_CHARS_MIN: usize = 8;
const PREFIX_CHARS_MIN: usize = 2;

/// Hits that have every word.
pub fn every_word(fields: &Fields, words: &[String]) -> BooleanQuery {
    BooleanQuery::new(clauses(fields, words).map(|clause| (Occur::Must, clause)).collect())
}

/// Hits that lack one word at the most.
pub fn all_words_but_one(fields: &Fields, words: &[String]) -> BooleanQuery {
    let clauses = clauses(fields, words).map(|clause| (Occur::Should, clause)).collect();
    BooleanQuery::with_minimum_required_clauses(clauses, words.len().saturating_sub(1).max(1))
}

/// Hits that carry exactly one value.
pub fn exact(fields: &Fields, sought: &Sought) -> Box<dyn Query> {
    let (field, form) = match sought {
        Sought::Email(email) => (fields.email, text::email(email)),
        Sought::Phone { number, country } => (fields.phone, text::phone(number, country.as_deref())),
        Sought::Identifier { scheme, value } => (fields.identifier, text::identifier(scheme, value)),
    };
    Box::new(TermQuery::new(Term::from_field_text(field, &form), IndexRecordOption::Basic))
}

fn clauses(fields: &Fields, words: &[String]) -> impl Iterator<Item = Box<dyn Query>> {
    let last = words.len() - 1;
    words.iter().enumerate().map(move |(place, word)| one_word(fields, word, place == last))
}

/// The best way in which a word is found counts; whoever types has not finished the last one.
fn one_word(fields: &Fields, word: &str, is_last: bool) -> Box<dyn Query> {
    let mut ways: Vec<Box<dyn Query>> = Vec::new();
    for (field, share) in [(fields.name, 1.0), (fields.other, ELSEWHERE)] {
        let term = Term::from_field_text(field, word);
        ways.push(exactly(field, word, EXACT * share));
        if is_last && word.len() >= PREFIX_CHARS_MIN {
            ways.push(scored(FuzzyTermQuery::new_prefix(term.clone(), 0, true), PREFIX * share));
        }
        // A digit is never a slip of the pen for another.
        let is_word = word.bytes().all(|b| b.is_ascii_alphabetic());
        if is_word && word.len() >= MISSPELT_CHARS_MIN {
            ways.push(scored(FuzzyTermQuery::new(term.clone(), 1, true), MISSPELT * share));
        }
        if is_word && word.len() >= MISSPELT_TWICE_CHARS_MIN {
            ways.push(scored(FuzzyTermQuery::new(term, 2, true), MISSPELT_TWICE * share));
        }
    }
    Box::new(DisjunctionMaxQuery::new(ways))
}

/// The word itself; a rare one is worth more than a frequent one.
fn exactly(field: Field, word: &str, score: f32) -> Box<dyn Query> {
    let term = || TermQuery::new(Term::from_field_text(field, word), IndexRecordOption::Basic);
    let rarity = BoostQuery::new(Box::new(term()), score / EXACT);
    Box::new(BooleanQuery::new(vec![
        (Occur::Must, Box::new(ConstScoreQuery::new(Box::new(term()), score))),
        (Occur::Should, Box::new(rarity)),
    ]))
}

fn scored(query: impl Query, score: f32) -> Box<dyn Query> {
    Box::new(ConstScoreQuery::new(Box::new(query), score))
}
