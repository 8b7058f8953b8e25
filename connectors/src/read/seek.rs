//! Finds the records within a wrapping object, such as `{"customers": [..]}`, without keeping what stands before them.

use super::elements::slice::{Progress, Slicer};
use super::source::{Input, Source};
use crate::json::{self, Shape};

/// The name of a member on the way to the records is no longer than this.
const NAME_BYTES_MAX: usize = 4096;

pub(super) enum Sought {
    /// The array's bracket is consumed; so many objects are open around it.
    Array { levels: usize },
    /// A lone object stands where the records are expected.
    Single { levels: usize },
    /// The object ended without them.
    Absent,
    /// The input ended, or it is no JSON.
    Cut,
}

/// Goes from a `{` to the first of the paths.
pub(super) fn descend<R: Input>(source: &mut Source<R>, paths: &[Vec<String>]) -> Sought {
    let mut trail: Vec<String> = Vec::new();
    source.consume(1);
    loop {
        match next_visible(source, b",") {
            Some(b'}') if trail.is_empty() => {
                source.consume(1);
                return Sought::Absent;
            }
            Some(b'}') => {
                source.consume(1);
                trail.pop();
            }
            Some(b'"') => {
                let Some(name) = member_name(source) else {
                    return Sought::Cut;
                };
                let Some(opening) = next_visible(source, b":") else {
                    return Sought::Cut;
                };
                trail.push(name);
                if let Some(sought) = enter(source, paths, &mut trail, opening) {
                    return sought;
                }
            }
            _ => return Sought::Cut,
        }
    }
}

/// Leaves so many objects, skipping what else they hold.
pub(super) fn ascend<R: Input>(source: &mut Source<R>, levels: usize) {
    for _ in 0..levels {
        loop {
            match next_visible(source, b",:") {
                Some(b'}') => break source.consume(1),
                Some(b']') | None => return,
                Some(_) => skip_value(source),
            }
        }
    }
}

/// The first member's name, if its value is an array of objects.
pub(super) fn first_array_member<R: Input>(source: &mut Source<R>) -> Option<String> {
    source.consume(1);
    next_visible(source, b"").filter(|byte| *byte == b'"')?;
    let name = member_name(source)?;
    next_visible(source, b":").filter(|byte| *byte == b'[')?;
    source.consume(1);
    next_visible(source, b"").filter(|byte| *byte == b'{')?;
    Some(name)
}

/// Stands before a member's value: is it what is sought, or does it lead there? Anything else is skipped.
fn enter<R: Input>(
    source: &mut Source<R>,
    paths: &[Vec<String>],
    trail: &mut Vec<String>,
    opening: u8,
) -> Option<Sought> {
    let levels = trail.len();
    let is_sought = paths.contains(trail);
    match opening {
        b'[' if is_sought => {
            source.consume(1);
            return Some(Sought::Array { levels });
        }
        b'{' if is_sought => return Some(Sought::Single { levels }),
        b'{' if paths.iter().any(|path| path.starts_with(trail)) => source.consume(1),
        _ => {
            trail.pop();
            skip_value(source);
        }
    }
    None
}

fn next_visible<R: Input>(source: &mut Source<R>, also_skipped: &[u8]) -> Option<u8> {
    source.skip_space(also_skipped).then(|| source.unread()[0])
}

fn member_name<R: Input>(source: &mut Source<R>) -> Option<String> {
    source.fill_to(NAME_BYTES_MAX);
    let window = source.unread();
    let (document, end) = json::parse_prefix(&window[..window.len().min(NAME_BYTES_MAX)], 1).ok()?;
    let Shape::Text(name) = document.root().shape() else {
        return None;
    };
    let name = name.to_owned();
    source.consume(end);
    Some(name)
}

fn skip_value<R: Input>(source: &mut Source<R>) {
    let mut slicer = Slicer::default();
    loop {
        match slicer.run(source.unread()) {
            Progress::End(end) => return source.consume(end),
            Progress::Mismatch | Progress::More => source.consume(source.unread().len()),
        }
        if !source.fill() {
            return;
        }
    }
}
