//! Text messages through a web hook of the operator, for any service.

use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use auth_domain::{
    ports::{SmsError, SmsSender, TextMessage},
    secret::Secret,
};
use egress::{Egress, Request, Url};
use mail_templates::MessageRenderer;
use serde_json::{Map, Value};

use crate::{SmsServiceError, error::not_sent, service::Service};

/// How the body of a request is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContentType {
    /// As JSON.
    Json,
    /// As a web form, whose fields are named after the path to a value, with dots in between:
    /// `{"a": {"b": ["x"]}}` is `a.b.0=x`.
    Form,
}

/// The body of a request: JSON whose strings may hold `${to}` and `${body}`.
#[derive(Clone, PartialEq)]
pub struct BodyTemplate(Value);

/// The text is no template.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTemplate {
    /// It is not JSON; `${to}` and `${body}` have to stand between quotation marks.
    #[error("it is not JSON; mind that ${{to}} and ${{body}} stand between quotation marks")]
    NotJson,
    /// It is JSON, but no object.
    #[error("it is not a JSON object")]
    NotAnObject,
    /// It has no placeholder for the message.
    #[error("there is no ${{body}} in it, so that no code would ever arrive")]
    NoBody,
}

/// The values of a template's placeholders.
struct Values<'a> {
    to: &'a str,
    body: &'a str,
}

impl BodyTemplate {
    /// Reads a template.
    ///
    /// # Errors
    ///
    /// [`InvalidTemplate`].
    pub fn parse(text: &str) -> Result<Self, InvalidTemplate> {
        let template = match serde_json::from_str(text) {
            Ok(Value::Object(members)) => Self(Value::Object(members)),
            Ok(_) => return Err(InvalidTemplate::NotAnObject),
            Err(_) => return Err(InvalidTemplate::NotJson),
        };
        let mark = "\u{1}";
        let sample = template.filled(mark, mark);
        let without = template.filled(mark, "");
        if sample == without {
            return Err(InvalidTemplate::NoBody);
        }
        Ok(template)
    }

    /// The body of a request. Values stay inside their JSON string, whatever they are (injection).
    fn filled(&self, to: &str, body: &str) -> Value {
        filled(&self.0, &Values { to, body })
    }
}

/// It may hold keys of the service, so the debug form shows nothing.
impl fmt::Debug for BodyTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BodyTemplate(***)")
    }
}

fn filled(template: &Value, values: &Values<'_>) -> Value {
    match template {
        Value::String(text) => Value::String(filled_text(text, values)),
        Value::Array(items) => items.iter().map(|it| filled(it, values)).collect(),
        Value::Object(members) => {
            let filled = |(name, it): (&String, _)| (name.clone(), filled(it, values));
            Value::Object(members.iter().map(filled).collect::<Map<_, _>>())
        }
        other => other.clone(),
    }
}

/// Values are not parsed for placeholders again.
fn filled_text(template: &str, values: &Values<'_>) -> String {
    let mut text = String::with_capacity(template.len() + values.body.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("${") {
        text.push_str(before);
        if let Some(after) = after.strip_prefix("to}") {
            text.push_str(values.to);
            rest = after;
        } else if let Some(after) = after.strip_prefix("body}") {
            text.push_str(values.body);
            rest = after;
        } else {
            text.push_str("${");
            rest = after;
        }
    }
    text.push_str(rest);
    text
}

/// The fields of a form for a JSON value.
fn flattened(value: &Value, name: &str, fields: &mut Vec<(String, String)>) {
    let below = |member: &str| match name {
        "" => member.to_owned(),
        _ => format!("{name}.{member}"),
    };
    match value {
        Value::Object(members) => {
            for (member, value) in members {
                flattened(value, &below(member), fields);
            }
        }
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                flattened(item, &below(&at.to_string()), fields);
            }
        }
        Value::Null => fields.push((name.to_owned(), String::new())),
        Value::String(text) => fields.push((name.to_owned(), text.clone())),
        other => fields.push((name.to_owned(), other.to_string())),
    }
}

/// Where messages are posted to, and how.
#[derive(Debug, Clone)]
pub struct WebhookSettings {
    /// Where messages are posted to.
    pub url: Url,
    /// How the body is written.
    pub content_type: ContentType,
    /// Headers of each request.
    pub headers: Vec<(String, Secret)>,
    /// How long the service may take.
    pub timeout: Duration,
    /// The body.
    pub template: BodyTemplate,
}

/// Posts messages to a URL. Any status from 200 to 299 means that the message is accepted.
#[derive(Debug)]
pub struct WebhookSender {
    settings: WebhookSettings,
    renderer: Arc<dyn MessageRenderer>,
    service: Service,
}

impl WebhookSender {
    /// A sender that has not sent anything yet. `renderer` renders the messages.
    #[must_use]
    pub fn new(
        settings: WebhookSettings,
        renderer: Arc<dyn MessageRenderer>,
        egress: Egress,
    ) -> Self {
        Self {
            settings,
            renderer,
            service: Service {
                egress,
                name: "the web hook for text messages",
            },
        }
    }

    async fn transmit(&self, message: &TextMessage) -> Result<(), SmsServiceError> {
        let settings = &self.settings;
        let words = self.renderer.text_message(&message.locale, &message.code);
        let body = settings.template.filled(message.to.as_str(), &words.await?);
        let mut request = Request::post(settings.url.clone()).timeout(settings.timeout);
        for (name, value) in &settings.headers {
            request = request.secret_header(name.clone(), value.expose());
        }
        let request = match settings.content_type {
            ContentType::Json => request.json(&body),
            ContentType::Form => {
                let mut fields = Vec::new();
                flattened(&body, "", &mut fields);
                request.form(fields.iter().map(|(name, it)| (name.as_str(), it.as_str())))
            }
        };
        let accepted = |status| (200..300).contains(&status);
        self.service.transmit(request, accepted).await
    }
}

#[async_trait]
impl SmsSender for WebhookSender {
    async fn send(&self, message: TextMessage) -> Result<(), SmsError> {
        let handed_over = self.transmit(&message).await;
        handed_over.map_err(not_sent)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn template(text: &str) -> BodyTemplate {
        BodyTemplate::parse(text).unwrap()
    }

    #[test]
    fn what_is_filled_in_never_becomes_json() {
        let template = template(r#"{"to": "tel:${to}", "n": 1, "parts": [{"text": "<${body}>"}]}"#);

        let body = template.filled("\",\"x\":\"${body}", "a \"quoted\"\nline");

        assert_eq!(
            body,
            json!({
                "to": "tel:\",\"x\":\"${body}",
                "n": 1,
                "parts": [{"text": "<a \"quoted\"\nline>"}],
            })
        );
    }

    #[test]
    fn other_dollars_and_braces_are_text() {
        let template = template(r#"{"a": "$${body} ${x} ${ body } ${to", "${body}": "$"}"#);

        let body = template.filled("1", "code");

        assert_eq!(body["a"], "$code ${x} ${ body } ${to");
        assert_eq!(body["${body}"], "$");
    }

    #[test]
    fn a_template_that_would_carry_no_message_is_refused() {
        for (text, error) in [
            ("", InvalidTemplate::NotJson),
            ("{\"to\": ${to}}", InvalidTemplate::NotJson),
            ("[\"${body}\"]", InvalidTemplate::NotAnObject),
            ("{\"to\": \"${to}\"}", InvalidTemplate::NoBody),
            ("{\"${body}\": 1}", InvalidTemplate::NoBody),
        ] {
            assert_eq!(BodyTemplate::parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn json_becomes_the_fields_of_a_form() {
        let mut fields = Vec::new();
        let body = json!({ "to": "+41", "a": { "b": ["x", 1, true, null] }, "none": {} });

        flattened(&body, "", &mut fields);
        fields.sort();

        let fields: Vec<_> = fields
            .iter()
            .map(|(n, v)| (n.as_str(), v.as_str()))
            .collect();
        assert_eq!(
            fields,
            [
                ("a.b.0", "x"),
                ("a.b.1", "1"),
                ("a.b.2", "true"),
                ("a.b.3", ""),
                ("to", "+41")
            ]
        );
    }
}
