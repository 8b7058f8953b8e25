//! From the view model to HTML; folding is the browser's own, so the page needs no script.

use super::{Group, Operation, Page, Parameter, Shape};
use crate::html::Escaped;
use std::fmt::{self, Write};

/// Renders the page.
pub fn render(page: &Page) -> String {
    let mut out = String::with_capacity(64 << 10);
    // Writing into a string cannot fail.
    let _ = whole(&mut out, page);
    out
}

fn whole(out: &mut String, page: &Page) -> fmt::Result {
    let title = Escaped(&page.title);
    write!(
        out,
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"light dark\"><title>{title}: API</title>\
         <link rel=\"stylesheet\" href=\"/docs/style.css\"></head><body>\
         <a class=\"skip\" href=\"#content\">Skip to the operations</a>\
         <header><h1>{title}</h1><p class=\"version\">API of version {}</p><p>{}</p>\
         <p>Machine-readable: <a href=\"/openapi.json\">/openapi.json</a> (OpenAPI 3.1). \
         Send <code>Authorization: Bearer KEY</code>; keys are made with <code>hub keys create</code>.</p></header>",
        Escaped(&page.version),
        Escaped(&page.intro),
    )?;
    navigation(out, page)?;
    out.write_str("<main id=\"content\">")?;
    for group in &page.groups {
        section(out, group)?;
    }
    shapes(out, &page.shapes)?;
    problems(out, &page.problems)?;
    out.write_str("</main></body></html>\n")
}

fn navigation(out: &mut String, page: &Page) -> fmt::Result {
    out.write_str("<nav aria-label=\"Groups\"><ul>")?;
    let names = page.groups.iter().map(|group| group.name.as_str());
    for name in names.chain(["Shapes", "Problems"]) {
        write!(out, "<li><a href=\"#{}\">{}</a></li>", anchor(name), Escaped(name))?;
    }
    out.write_str("</ul></nav>")
}

fn section(out: &mut String, group: &Group) -> fmt::Result {
    let (id, name) = (anchor(&group.name), Escaped(&group.name));
    write!(out, "<section id=\"{id}\"><h2>{name}</h2><p>{}</p>", Escaped(&group.about))?;
    for operation in &group.operations {
        one_operation(out, operation)?;
    }
    out.write_str("</section>")
}

fn one_operation(out: &mut String, operation: &Operation) -> fmt::Result {
    let (method, path) = (Escaped(&operation.method), Escaped(&operation.path));
    let lock = if operation.needs_key { "" } else { " <small class=\"open\">no key needed</small>" };
    write!(
        out,
        "<details id=\"{}\"><summary><span class=\"method {}\">{method}</span> <code>{path}</code>{lock}\
         <span class=\"summary\">{}</span></summary>",
        anchor(&format!("{} {}", operation.method, operation.path)),
        anchor(&operation.method),
        Escaped(&operation.summary),
    )?;
    for paragraph in operation.about.split("\n\n").filter(|text| !text.trim().is_empty()) {
        write!(out, "<p>{}</p>", Escaped(paragraph))?;
    }
    if !operation.parameters.is_empty() {
        parameters(out, "Parameters", &operation.parameters)?;
    }
    if !operation.body.is_empty() {
        out.write_str("<h3>Body</h3><ul>")?;
        contents(out, &operation.body)?;
        out.write_str("</ul>")?;
    }
    out.write_str("<h3>Answers</h3><dl>")?;
    for response in &operation.responses {
        write!(out, "<dt>{}</dt><dd>{}", Escaped(&response.status), Escaped(&response.about))?;
        if !response.body.is_empty() {
            out.write_str("<ul>")?;
            contents(out, &response.body)?;
            out.write_str("</ul>")?;
        }
        out.write_str("</dd>")?;
    }
    out.write_str("</dl></details>")
}

fn parameters(out: &mut String, title: &str, parameters: &[Parameter]) -> fmt::Result {
    write!(out, "<h3>{title}</h3><dl>")?;
    for parameter in parameters {
        let required = if parameter.required { ", required" } else { "" };
        write!(
            out,
            "<dt><code>{}</code> <small>{}{required}</small></dt><dd>{}</dd>",
            Escaped(&parameter.name),
            Escaped(&parameter.place),
            Escaped(&parameter.about),
        )?;
    }
    out.write_str("</dl>")
}

fn contents(out: &mut String, types: &[(String, String)]) -> fmt::Result {
    for (media, shape) in types {
        write!(out, "<li><code>{}</code>: <a href=\"#{}\">{}</a></li>", Escaped(media), anchor(shape), Escaped(shape))?;
    }
    Ok(())
}

fn shapes(out: &mut String, shapes: &[Shape]) -> fmt::Result {
    out.write_str("<section id=\"shapes\"><h2>Shapes</h2>")?;
    for shape in shapes {
        let (id, name) = (anchor(&shape.name), Escaped(&shape.name));
        write!(out, "<details id=\"{id}\"><summary><code>{name}</code></summary><p>{}</p>", Escaped(&shape.about))?;
        parameters(out, "Fields", &shape.fields)?;
        out.write_str("</details>")?;
    }
    out.write_str("</section>")
}

fn problems(out: &mut String, problems: &[(u16, String, String)]) -> fmt::Result {
    out.write_str(
        "<section id=\"problems\"><h2>Problems</h2><p>Every error is a problem detail (RFC 9457) of one of these types, \
         with a <code>detail</code> that says what to do.</p><dl>",
    )?;
    for (status, name, title) in problems {
        let name = Escaped(name);
        write!(
            out,
            "<dt id=\"problem-{name}\">{status} <code>/problems/{name}</code></dt><dd>{}</dd>",
            Escaped(title)
        )?;
    }
    out.write_str("</dl></section>")
}

/// A text as a fragment: lower-case words joined by hyphens.
fn anchor(text: &str) -> String {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_ascii_lowercase).collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api_docs::Response;

    #[test]
    fn everything_is_shown_and_nothing_runs() {
        let operation = Operation {
            method: "POST".into(),
            path: "/v1/things/{id}".into(),
            summary: "Makes <a> thing".into(),
            responses: vec![Response {
                status: "201".into(),
                about: "Made".into(),
                body: vec![("application/json".into(), "Thing".into())],
            }],
            ..Operation::default()
        };
        let page = Page {
            title: "Things".into(),
            groups: vec![Group { name: "All things".into(), operations: vec![operation], ..Group::default() }],
            problems: vec![(404, "no-thing".into(), "There is none".into())],
            ..Page::default()
        };
        let html = render(&page);
        for part in
            ["id=\"all-things\"", "/v1/things/{id}", "Makes &lt;a&gt; thing", "href=\"#thing\"", "problem-no-thing"]
        {
            assert!(html.contains(part), "{part}");
        }
        assert!(!html.contains("<script") && !html.contains("style="));
    }
}
