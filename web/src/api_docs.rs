//! A page that describes an HTTP API: what there is, what it takes, what it answers.

mod render;

pub use self::render::render;

/// The page's style sheet; serve it beside the page as `/docs/style.css`.
pub const STYLE: &str = include_str!("api_docs/style.css");

/// The whole page.
#[derive(Clone, Debug, Default)]
pub struct Page {
    pub title: String,
    pub version: String,
    pub intro: String,
    pub groups: Vec<Group>,
    /// The shapes that bodies have.
    pub shapes: Vec<Shape>,
    /// Status, name and meaning of each kind of error.
    pub problems: Vec<(u16, String, String)>,
}

/// Operations that belong together.
#[derive(Clone, Debug, Default)]
pub struct Group {
    pub name: String,
    pub about: String,
    pub operations: Vec<Operation>,
}

/// One method at one path.
#[derive(Clone, Debug, Default)]
pub struct Operation {
    pub method: String,
    pub path: String,
    pub summary: String,
    /// Paragraphs, parted by empty lines.
    pub about: String,
    pub needs_key: bool,
    pub parameters: Vec<Parameter>,
    /// Content types of the body with the names of their shapes.
    pub body: Vec<(String, String)>,
    pub responses: Vec<Response>,
}

/// One answer that an operation may give.
#[derive(Clone, Debug, Default)]
pub struct Response {
    pub status: String,
    pub about: String,
    /// Content types of the body with the names of their shapes.
    pub body: Vec<(String, String)>,
}

/// A parameter, or a field of a shape.
#[derive(Clone, Debug, Default)]
pub struct Parameter {
    pub name: String,
    /// Where it stands, or which type it has.
    pub place: String,
    pub required: bool,
    pub about: String,
}

/// A named shape with its fields.
#[derive(Clone, Debug, Default)]
pub struct Shape {
    pub name: String,
    pub about: String,
    pub fields: Vec<Parameter>,
}
