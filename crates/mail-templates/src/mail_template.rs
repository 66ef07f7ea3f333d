//! The template of one mail: subject, HTML and perhaps plain text.

use std::{borrow::Cow, fmt};

use auth_domain::ports::Mail;

use crate::{
    InvalidTemplates, Site, TemplateProblem,
    clean::{html_escaped, without_controls},
    template::{Template, Variable},
    variables::{MailVariable, Values},
};

/// The files of a template.
pub(crate) const SUBJECT: &str = "subject.txt";
pub(crate) const HTML: &str = "body.html";
pub(crate) const TEXT: &str = "body.txt";

/// The files of a template, from wherever they come.
#[derive(Debug, Clone, Copy)]
pub struct MailSources<'a> {
    /// `subject.txt`.
    pub subject: &'a str,
    /// `body.html`.
    pub html: &'a str,
    /// `body.txt`, if there is one.
    pub text: Option<&'a str>,
}

/// A parsed and checked template.
#[derive(Debug, Clone)]
pub struct MailTemplate {
    subject: Template<MailVariable>,
    html: Template<MailVariable>,
    text: Option<Template<MailVariable>>,
}

/// A rendered mail, without its envelope.
#[derive(Clone, PartialEq, Eq)]
pub struct Rendered {
    /// The subject, on one line.
    pub subject: String,
    /// The HTML page.
    pub html: String,
    /// The same in plain text, if the template has it.
    pub text: Option<String>,
}

/// It holds a link or a code: the debug form shows nothing.
impl fmt::Debug for Rendered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Rendered(***)")
    }
}

impl MailTemplate {
    /// Reads the files of a template.
    ///
    /// # Errors
    ///
    /// [`InvalidTemplates`] with every unknown variable of every file.
    pub fn parse(sources: MailSources<'_>) -> Result<Self, InvalidTemplates> {
        let mut problems = Vec::new();
        let subject = parse(SUBJECT, sources.subject, &mut problems);
        let html = parse(HTML, sources.html, &mut problems);
        let text = sources.text.map(|it| parse(TEXT, it, &mut problems));
        match (subject, html, text) {
            (Some(subject), Some(html), None) => Ok(Self {
                subject,
                html,
                text: None,
            }),
            (Some(subject), Some(html), Some(Some(text))) => Ok(Self {
                subject,
                html,
                text: Some(text),
            }),
            _ => Err(InvalidTemplates { problems }),
        }
    }

    /// Renders the template for `mail`.
    ///
    /// * `locale` – the language of this template.
    ///
    /// Values are percent-encoded in the query of a URL, but for the link, and escaped in HTML;
    /// they stay on one line everywhere.
    #[must_use]
    pub fn render(&self, mail: &Mail, locale: &str, site: &Site) -> Rendered {
        let values = Values { mail, locale, site };
        let plain = |variable, surroundings| match variable {
            MailVariable::CodeNotice => paragraph_of_text(&values.get(variable)),
            other => values.fitting(other, surroundings).into_owned(),
        };
        let escaped = |variable, surroundings| match variable {
            MailVariable::CodeNotice => paragraph_of_html(&values.get(variable)),
            other => html_escaped(&values.fitting(other, surroundings)),
        };
        Rendered {
            subject: on_one_line(&self.subject.fill(plain)),
            html: self.html.fill(escaped),
            text: self.text.as_ref().map(|text| text.fill(plain)),
        }
    }
}

/// Parses one file, and collects what is wrong with it.
pub(crate) fn parse<V: Variable>(
    file: &str,
    source: &str,
    problems: &mut Vec<TemplateProblem>,
) -> Option<Template<V>> {
    // Editors on Windows begin files with a byte order mark.
    let source = source.strip_prefix('\u{feff}').unwrap_or(source);
    match Template::parse(source) {
        Ok(template) => Some(template),
        Err(flaws) => {
            problems.extend(flaws.into_iter().map(|it| TemplateProblem::new(file, it)));
            None
        }
    }
}

/// A paragraph after the text before it; nothing if it is empty.
fn paragraph_of_text(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    format!("\n\n{text}")
}

fn paragraph_of_html(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    format!("<p>{}</p>", html_escaped(text))
}

fn on_one_line(text: &str) -> String {
    let words: Cow<'_, str> = without_controls(text);
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}
