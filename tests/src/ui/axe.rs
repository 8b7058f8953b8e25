//! The accessibility checks of axe-core on a page in the browser.

use super::browser::Browser;
use crate::peer::install::installed;
use serde_json::Value;

/// Brings axe-core's script along; the package's own dependencies are not needed.
const PACKAGE: [&str; 2] = ["--no-deps", "axe-playwright-python==0.1.8"];
/// WCAG 2.2, levels A and AA.
const RULES: &str = r#"["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]"#;

/// The checks, as a script.
pub struct Axe(String);

impl Axe {
    pub fn installed() -> Axe {
        let place = installed("axe", &PACKAGE, |_| {});
        let versions = std::fs::read_dir(place.join("venv/lib")).expect("an environment has a library");
        let script = versions.flatten().find_map(|version| {
            std::fs::read_to_string(version.path().join("site-packages/axe_playwright_python/axe.min.js")).ok()
        });
        Axe(script.expect("the package brings axe-core"))
    }

    /// Everything that the checks find on the page that is open.
    pub async fn check(&self, browser: &Browser, name: &str) -> Vec<String> {
        browser.page.execute(self.0.as_str(), Vec::new()).await.expect("the checks can be loaded");
        let run = format!(
            "const done = arguments[arguments.length - 1]; \
             axe.run(document, {{ runOnly: {RULES} }}).then(done, (error) => done({{ failed: String(error) }}));"
        );
        let answer = browser.page.execute_async(&run, Vec::new()).await.expect("the checks end");
        let answer = answer.json();
        let found = answer["violations"].as_array().unwrap_or_else(|| panic!("{name}: {answer}"));
        assert!(answer["passes"].as_array().is_some_and(|passes| passes.len() > 5), "{name}: nothing was looked at");
        found.iter().map(|violation| format!("{name}: {}", told(violation))).collect()
    }
}

fn told(violation: &Value) -> String {
    let nodes = violation["nodes"].as_array().into_iter().flatten().take(4);
    let places: Vec<String> = nodes.map(|node| format!("    {} {}", node["html"], node["failureSummary"])).collect();
    format!("{} {}\n{}", violation["id"], violation["help"], places.join("\n"))
}
