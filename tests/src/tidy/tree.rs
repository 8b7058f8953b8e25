//! The workspace's files, and which of them are production code.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use super::tokens::Tokens;

/// The crate that holds tests only.
pub const TESTS: &str = "tests";
/// What a walk without git must not enter.
const GENERATED: [&str; 4] = ["target", ".git", "data", "node_modules"];

/// All files of the workspace that are, or are about to be, under version control.
pub struct Tree {
    files: BTreeMap<String, Vec<u8>>,
    sources: BTreeMap<String, Source>,
    reached: Reached,
}

/// One Rust file, lexed.
pub struct Source {
    pub all: Tokens,
    /// Without items that only tests see.
    pub production: Tokens,
    pub lines: usize,
    pub lines_of_tests: usize,
}

/// The files that `mod` declarations lead to.
#[derive(Default)]
struct Reached {
    all: BTreeSet<String>,
    production: BTreeSet<String>,
}

impl Tree {
    pub fn load(root: &Path) -> Self {
        let paths = git_files(root).unwrap_or_else(|| walk(root, ""));
        Self::new(paths.into_iter().filter_map(|path| {
            let bytes = fs::read(root.join(&path)).ok()?;
            Some((path, bytes))
        }))
    }

    /// # Panics
    /// When a Rust file cannot be lexed, which the compiler would refuse too.
    pub fn new(files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Self {
        let files: BTreeMap<String, Vec<u8>> = files.into_iter().collect();
        let rust = files.iter().filter(|(path, _)| path.ends_with(".rs"));
        let sources = rust.map(|(path, bytes)| (path.clone(), Source::new(path, bytes))).collect();
        let mut tree = Self { files, sources, reached: Reached::default() };
        tree.reached = tree.reach();
        tree
    }

    /// Every file with its size.
    pub fn sizes(&self) -> impl Iterator<Item = (&str, usize)> {
        self.files.iter().map(|(path, bytes)| (path.as_str(), bytes.len()))
    }

    /// Every file that is text.
    pub fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().filter_map(|(path, bytes)| Some((path.as_str(), std::str::from_utf8(bytes).ok()?)))
    }

    pub fn text(&self, path: &str) -> Option<&str> {
        std::str::from_utf8(self.files.get(path)?).ok()
    }

    /// Every Rust file.
    pub fn sources(&self) -> impl Iterator<Item = (&str, &Source)> {
        self.sources.iter().map(|(path, source)| (path.as_str(), source))
    }

    /// The Rust files that end up in what we ship.
    pub fn production(&self) -> impl Iterator<Item = (&str, &Source)> {
        self.sources().filter(|(path, _)| self.reached.production.contains(*path))
    }

    /// Whether some crate's root leads to this Rust file.
    pub fn is_reached(&self, path: &str) -> bool {
        self.reached.all.contains(path)
    }

    /// The crates: directory and manifest.
    pub fn manifests(&self) -> impl Iterator<Item = (&str, &str)> {
        self.texts().filter_map(|(path, text)| Some((path.strip_suffix("/Cargo.toml")?, text)))
    }

    fn reach(&self) -> Reached {
        let mut reached = Reached::default();
        for (directory, manifest) in self.manifests() {
            for root in self.roots(directory, manifest) {
                let inside = root.strip_prefix(directory).unwrap_or(&root);
                let ships = directory != TESTS && (inside.starts_with("/src/") || inside == "/build.rs");
                self.follow(&root, true, &mut reached.all, |source| &source.all);
                if ships {
                    self.follow(&root, true, &mut reached.production, |source| &source.production);
                }
            }
        }
        reached
    }

    /// The files that Cargo compiles as crate roots, by its conventions and by the manifest's `path` lines.
    fn roots(&self, directory: &str, manifest: &str) -> Vec<String> {
        let named = manifest.lines().filter_map(|line| line.strip_prefix("path")?.trim().strip_prefix('='));
        let mut roots: Vec<String> = ["src/lib.rs", "src/main.rs", "build.rs"].map(str::to_owned).into();
        roots.extend(named.map(|value| value.trim().trim_matches('"').to_owned()));
        let mut roots: Vec<String> = roots.iter().map(|path| format!("{directory}/{path}")).collect();
        for place in ["src/bin", "tests", "benches", "examples"] {
            let prefix = format!("{directory}/{place}/");
            let direct = |path: &&String| {
                path.strip_prefix(&prefix).is_some_and(|rest| !rest.contains('/') || rest.ends_with("/main.rs"))
            };
            roots.extend(self.sources.keys().filter(direct).cloned());
        }
        roots.retain(|path| self.sources.contains_key(path));
        roots
    }

    fn follow(&self, path: &str, is_root: bool, reached: &mut BTreeSet<String>, tokens: fn(&Source) -> &Tokens) {
        let Some(source) = self.sources.get(path) else {
            return;
        };
        if !reached.insert(path.to_owned()) {
            return;
        }
        let (parent, file) = path.rsplit_once('/').unwrap_or(("", path));
        let stem = file.trim_end_matches(".rs");
        let own = if is_root || stem == "mod" { parent.to_owned() } else { format!("{parent}/{stem}") };
        for module in tokens(source).modules() {
            let choices = match module.path {
                Some(explicit) => vec![format!("{parent}/{explicit}")],
                None => vec![format!("{own}/{}.rs", module.name), format!("{own}/{}/mod.rs", module.name)],
            };
            for choice in choices {
                self.follow(&choice, false, reached, tokens);
            }
        }
    }
}

impl Source {
    fn new(path: &str, bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes);
        let all = Tokens::lex(&text).unwrap_or_else(|line| panic!("{path}:{line}: this is not Rust"));
        let (production, lines_of_tests) = all.without_tests();
        Self { all, production, lines: text.lines().count(), lines_of_tests }
    }
}

/// The tracked files, and the new ones that are not ignored; nothing when this is no git checkout.
fn git_files(root: &Path) -> Option<Vec<String>> {
    let output = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root)
        .output()
        .ok()?;
    let list = String::from_utf8(output.stdout).ok()?;
    let paths: Vec<String> = list.split('\0').filter(|path| !path.is_empty()).map(str::to_owned).collect();
    (output.status.success() && !paths.is_empty()).then_some(paths)
}

/// All files below a directory, for a source archive without history.
fn walk(root: &Path, below: &str) -> Vec<String> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(root.join(below)).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = if below.is_empty() { name.clone() } else { format!("{below}/{name}") };
        match entry.file_type() {
            Ok(kind) if kind.is_dir() && !GENERATED.contains(&name.as_str()) => paths.extend(walk(root, &path)),
            Ok(kind) if kind.is_file() => paths.push(path),
            _ => {}
        }
    }
    paths
}

#[test]
fn a_file_that_only_tests_declare_is_no_production_code() {
    let files = [
        ("web/Cargo.toml", ""),
        ("web/src/lib.rs", "pub mod page; #[cfg(test)] mod probe;"),
        ("web/src/page.rs", "mod parts { mod row; }"),
        ("web/src/page/parts/row.rs", ""),
        ("web/src/probe.rs", "mod deep;"),
        ("web/src/probe/deep.rs", ""),
    ];
    let tree = Tree::new(files.map(|(path, text)| (path.to_owned(), text.into())));
    let production: Vec<&str> = tree.production().map(|(path, _)| path).collect();
    assert_eq!(production, ["web/src/lib.rs", "web/src/page.rs", "web/src/page/parts/row.rs"]);
    assert!(tree.is_reached("web/src/probe/deep.rs"));
}

#[test]
fn a_walk_without_git_finds_the_same_kind_of_files() {
    let root = tempfile::tempdir().expect("a temporary directory can be made");
    for path in ["web/src/lib.rs", "target/debug/built.rs", ".ci/run"] {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().expect("the path has a parent")).expect("a directory can be made");
        fs::write(path, "").expect("a file can be written");
    }
    let mut paths = walk(root.path(), "");
    paths.sort();
    assert_eq!(paths, [".ci/run", "web/src/lib.rs"]);
}
