//! A person's history and what holds their records together, drawn.

use crate::shell::Instant;
use askama::Template;
use std::f64::consts::TAU;
use std::fmt::Write;

/// Source records along lines of their own that join the person's line and part from it.
#[derive(Template, Debug, Clone)]
#[template(path = "lanes.svg", escape = "html")]
pub struct Lanes {
    pub lanes: Vec<Lane>,
    pub stops: Vec<Stop>,
    /// Records that are not drawn.
    pub more: usize,
}

/// One source record.
#[derive(Debug, Clone)]
pub struct Lane {
    pub source: String,
    pub name: String,
    /// For each stop whether it was part of the person from then on.
    pub within: Vec<bool>,
}

/// A version at which records came or went.
#[derive(Debug, Clone)]
pub struct Stop {
    pub version: i32,
    pub at: Instant,
}

const WIDTH: f64 = 720.0;
/// Where lines begin, after the names.
const LEFT: f64 = 190.0;
const ROW: f64 = 26.0;
/// The line of the person.
const MAIN: f64 = 20.0;

impl Lanes {
    pub fn new(lanes: Vec<Lane>, stops: Vec<Stop>, more: usize) -> Lanes {
        Lanes { lanes, stops, more }
    }

    fn height(&self) -> f64 {
        self.row(self.lanes.len()) + 14.0
    }

    /// Where the line of a record runs while it is not part of the person.
    fn row(&self, lane: usize) -> f64 {
        MAIN + (lane + 1) as f64 * ROW
    }

    fn text(&self, lane: &usize) -> String {
        format!("{:.0}", self.row(*lane) + 4.0)
    }

    fn x(&self, stop: usize) -> f64 {
        let step = (WIDTH - LEFT) / self.stops.len().max(1) as f64;
        LEFT + step * (stop as f64 + 0.5)
    }

    fn at(&self, stop: &usize) -> String {
        format!("{:.1}", self.x(*stop))
    }

    /// A record's line as SVG path data: along its row, in a bend into the person's line, out of it again.
    fn path(&self, lane: &usize) -> String {
        let row = self.row(*lane);
        let mut path = format!("M{LEFT:.0} {row:.0}");
        let mut is_within = false;
        for (stop, within) in self.lanes[*lane].within.iter().enumerate() {
            if *within == is_within {
                continue;
            }
            let (x, bend) = (self.x(stop), 16.0);
            let (from, to) = if *within { (row, MAIN) } else { (MAIN, row) };
            let go = if *within { "H" } else { "M" };
            let start = x - bend;
            let _ = match *within {
                true => write!(path, "{go}{start:.1}"),
                // Within the person's line there is nothing to draw.
                false => write!(path, "{go}{start:.1} {from:.0}"),
            };
            let _ = write!(path, "C{x:.1} {from:.0} {x:.1} {to:.0} {:.1} {to:.0}", x + bend);
            is_within = *within;
        }
        if !is_within {
            let _ = write!(path, "H{WIDTH:.0}");
        }
        path
    }
}

/// Records as points in a circle, pairs that look alike as lines.
#[derive(Template, Debug, Clone)]
#[template(path = "graph.svg", escape = "html")]
pub struct Graph {
    pub points: Vec<Point>,
    pub lines: Vec<Line>,
    /// Records that are not drawn.
    pub more: usize,
}

/// A source record.
#[derive(Debug, Clone)]
pub struct Point {
    pub source: String,
    pub name: String,
}

/// A pair, by the places of its points.
#[derive(Debug, Clone)]
pub struct Line {
    pub from: usize,
    pub to: usize,
    pub probability: String,
    /// Not enough by itself, or all that holds two halves together.
    pub is_weak: bool,
}

const MIDDLE: (f64, f64) = (340.0, 130.0);
const RADIUS: (f64, f64) = (130.0, 92.0);

impl Graph {
    pub fn new(points: Vec<Point>, lines: Vec<Line>, more: usize) -> Graph {
        Graph { points, lines, more }
    }

    fn place(&self, point: usize) -> (f64, f64) {
        let angle = TAU * point as f64 / self.points.len() as f64 - TAU / 4.0;
        (MIDDLE.0 + RADIUS.0 * angle.cos(), MIDDLE.1 + RADIUS.1 * angle.sin())
    }

    fn x(&self, point: &usize) -> String {
        format!("{:.1}", self.place(*point).0)
    }

    fn y(&self, point: &usize) -> String {
        format!("{:.1}", self.place(*point).1)
    }

    /// Names stand outside the circle.
    fn text_x(&self, point: &usize) -> String {
        format!("{:.1}", self.place(*point).0 + if self.is_left(point) { -10.0 } else { 10.0 })
    }

    fn text_y(&self, point: &usize) -> String {
        let y = self.place(*point).1;
        let away = if y < MIDDLE.1 - 60.0 {
            -8.0
        } else if y > MIDDLE.1 + 60.0 {
            16.0
        } else {
            4.0
        };
        format!("{:.1}", y + away)
    }

    fn is_left(&self, point: &usize) -> bool {
        self.place(*point).0 < MIDDLE.0 - 1.0
    }
}

/// As much of a name as there is room for.
fn short(name: &str) -> String {
    const ROOM: usize = 18;
    if name.chars().count() <= ROOM {
        return name.to_owned();
    }
    name.chars().take(ROOM - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_that_parts_again_has_its_own_line_at_both_ends() {
        let stop = |version| Stop { version, at: Instant { at: "2026-01-01T00:00:00Z".to_owned() } };
        let lane =
            |within: &[bool]| Lane { source: "shop".to_owned(), name: "Ana <b>".to_owned(), within: within.to_vec() };
        let lanes =
            Lanes::new(vec![lane(&[true, true, true]), lane(&[false, true, false])], [1, 2, 4].map(stop).to_vec(), 0);
        let path = lanes.path(&1);
        assert!(path.starts_with("M190 72H") && path.ends_with("H720"), "{path}");
        assert_eq!((path.matches('C').count(), lanes.path(&0).matches('C').count()), (2, 1));
        let picture = lanes.render().expect("it renders");
        assert!(picture.contains("Ana &#60;b&#62;"), "{picture}");
    }

    #[test]
    fn every_point_lies_within_the_picture() {
        for count in 2..=16 {
            let point = Point { source: "shop".to_owned(), name: "A name that is far too long for it".to_owned() };
            let line = Line { from: 0, to: 1, probability: "90 %".to_owned(), is_weak: true };
            let graph = Graph::new(vec![point; count], vec![line], 0);
            assert!(
                (0..count)
                    .map(|at| graph.place(at))
                    .all(|(x, y)| (0.0..680.0).contains(&x) && (0.0..260.0).contains(&y))
            );
            assert!(graph.render().expect("it renders").contains("stroke-dasharray"));
        }
    }
}
