//! Small files, small functions. The median keeps the house airy, the 95th percentile keeps the large rooms few.

use super::limits::{self, FunctionLimits, Limits};
use super::tree::Tree;
use super::{Breach, TOML_REMEDY};

pub fn rule(tree: &Tree, limits: &Limits) -> Vec<Breach> {
    [file_lines(tree, limits), function_lines(tree, &limits.functions)].concat()
}

/// No file may be so large that it does not belong under version control.
pub fn bytes_rule(tree: &Tree, limits: &Limits) -> Vec<Breach> {
    let max = limits.files.bytes_max;
    tree.sizes()
        .filter(|(_, bytes)| *bytes > max)
        .map(|(path, bytes)| {
            let problem = format!("{bytes} bytes, the limit is {max}");
            Breach::new(path, 0, problem, "Generate it, or keep it outside the repository")
        })
        .collect()
}

fn file_lines(tree: &Tree, limits: &Limits) -> Vec<Breach> {
    let files: Vec<(&str, usize)> =
        tree.production().map(|(path, source)| (path, source.lines - source.lines_of_tests)).collect();
    let max = limits.files.lines_p95_max;
    let long = files.iter().filter(|(path, lines)| *lines > max && !limits.long_files.contains_key(*path));
    let mut breaches: Vec<Breach> = long
        .map(|(path, lines)| {
            Breach::new(path, *lines, format!("{lines} lines without tests, the limit is {max}"), "Split it by topic")
        })
        .collect();
    breaches.extend(stale_exceptions(&files, limits));
    let sizes: Vec<usize> = files.iter().map(|(_, lines)| *lines).collect();
    breaches.extend(spread("files", &sizes, limits.files.lines_median_max, max));
    breaches
}

/// The ratchet: an exception fits exactly, so that it can only be tightened.
fn stale_exceptions(files: &[(&str, usize)], limits: &Limits) -> Vec<Breach> {
    let max = limits.files.lines_p95_max;
    let judge = |(path, allowed): (&String, &usize)| {
        let actual = files.iter().find(|(name, _)| name == path).map(|(_, lines)| *lines);
        let (problem, remedy) = match actual {
            None => ("the exception is for a file that is not there".to_owned(), TOML_REMEDY[0]),
            Some(lines) if lines <= max => (format!("{lines} lines need no exception"), TOML_REMEDY[0]),
            Some(lines) if lines < *allowed => (format!("{lines} lines, the exception says {allowed}"), TOML_REMEDY[1]),
            Some(lines) if lines > *allowed => {
                (format!("{lines} lines, the exception allows {allowed}"), TOML_REMEDY[2])
            }
            Some(_) => return None,
        };
        Some(Breach::new(path, 0, problem, remedy))
    };
    limits.long_files.iter().filter_map(judge).collect()
}

fn function_lines(tree: &Tree, limits: &FunctionLimits) -> Vec<Breach> {
    let mut sizes = Vec::new();
    let mut breaches = Vec::new();
    for (path, source) in tree.production() {
        for function in source.production.functions() {
            sizes.push(function.lines);
            if function.lines > limits.lines_max {
                let problem =
                    format!("`{}` has {} lines, the limit is {}", function.name, function.lines, limits.lines_max);
                breaches.push(Breach::new(path, function.line, problem, "Give its steps names of their own"));
            }
        }
    }
    breaches.extend(spread("functions", &sizes, limits.lines_median_max, limits.lines_p95_max));
    breaches
}

/// Judges the median and the 95th percentile of all files or functions together.
fn spread(what: &str, sizes: &[usize], median_max: usize, p95_max: usize) -> Vec<Breach> {
    let judge = |name: &str, percent: usize, max: usize| {
        let actual = percentile(sizes, percent)?;
        let problem = format!("the {name} of all {what} is {actual} lines, the limit is {max}");
        (actual > max).then(|| Breach::new(limits::PATH, 0, problem, format!("Split the largest {what}")))
    };
    [judge("median", 50, median_max), judge("95th percentile", 95, p95_max)].into_iter().flatten().collect()
}

/// The smallest size that at least this share of all sizes does not exceed.
fn percentile(sizes: &[usize], percent: usize) -> Option<usize> {
    let mut sorted = sizes.to_vec();
    sorted.sort_unstable();
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied()
}

#[cfg(test)]
mod tests {
    use super::super::expect;
    use super::*;

    const MANIFEST: (&str, &str) = ("web/Cargo.toml", "");
    const LIMITS: &str = "[files]\nlines_median_max = 9\nlines_p95_max = 9\nbytes_max = 99\n";

    fn lines(count: usize) -> String {
        "const A: u8 = 0;\n".repeat(count)
    }

    fn expect_files(exceptions: &str, count: usize, expected: &[&str]) {
        let limits = LIMITS.replace("median_max = 9", "median_max = 99").replace("p95_max = 9", "p95_max = 10");
        // Twenty small files keep the percentile small, so that only the rule for single files speaks.
        let small: Vec<String> = (0..20).map(|number| format!("web/src/bin/b{number}.rs")).collect();
        let large = lines(count);
        let mut files = vec![MANIFEST, ("web/src/lib.rs", large.as_str())];
        files.extend(small.iter().map(|path| (path.as_str(), "")));
        expect(rule, &format!("{limits}[long_files]\n{exceptions}"), &files, expected);
    }

    #[test]
    fn percentiles_are_nearest_ranks() {
        assert_eq!(percentile(&[], 50), None);
        assert_eq!(percentile(&[3, 1, 2], 50), Some(2));
        let hundred: Vec<usize> = (1..=100).collect();
        assert_eq!(percentile(&hundred, 95), Some(95));
        assert_eq!(percentile(&[7], 95), Some(7));
    }

    #[test]
    fn a_long_file_needs_an_exception_that_fits() {
        expect_files("", 10, &[]);
        expect_files("", 11, &["web/src/lib.rs:11 11 lines without tests, the limit is 10"]);
        expect_files("\"web/src/lib.rs\" = 11", 11, &[]);
        expect_files("\"web/src/lib.rs\" = 11", 12, &["web/src/lib.rs:0 12 lines, the exception allows 11"]);
        expect_files("\"web/src/lib.rs\" = 13", 12, &["web/src/lib.rs:0 12 lines, the exception says 13"]);
        expect_files("\"web/src/lib.rs\" = 13", 3, &["web/src/lib.rs:0 3 lines need no exception"]);
        expect_files("\"web/x.rs\" = 13", 3, &["web/x.rs:0 the exception is for a file that is not there"]);
    }

    #[test]
    fn lines_of_tests_do_not_count() {
        let text = format!("{}#[cfg(test)]\nmod tests {{\n{}}}\n", lines(9), lines(30));
        expect(rule, LIMITS, &[MANIFEST, ("web/src/lib.rs", &text)], &[]);
    }

    #[test]
    fn medians_are_judged() {
        let text = lines(12);
        let limits = LIMITS.replace("p95_max = 9", "p95_max = 99");
        let expected = ["tests/tidy.toml:0 the median of all files is 12 lines, the limit is 9"];
        expect(rule, &limits, &[MANIFEST, ("web/src/lib.rs", &text)], &expected);
    }

    #[test]
    fn a_long_function_is_named() {
        let limits = "[functions]\nlines_median_max = 9\nlines_p95_max = 9\nlines_max = 4\n";
        let text = "\nimpl A {\n    fn long(&self) {\n\n\n\n    }\n}\n";
        let expected = ["web/src/lib.rs:3 `long` has 5 lines, the limit is 4"];
        expect(rule, limits, &[MANIFEST, ("web/src/lib.rs", text)], &expected);
    }

    #[test]
    fn a_huge_file_is_named() {
        let text = lines(6);
        expect(bytes_rule, LIMITS, &[("a.csv", &text)], &["a.csv:0 102 bytes, the limit is 99"]);
    }
}
