//! One operation of the document.

use std::{borrow::Cow, collections::BTreeMap};

use actix_web::http::Method;
use serde_json::Value;
use utoipa::{
    ToSchema,
    openapi::{
        Content, ContentBuilder, Header, HttpMethod, ObjectBuilder, Ref, RefOr, Required, Response,
        ResponseBuilder, Schema, SecurityRequirement,
        path::{Operation as Described, OperationBuilder, ParameterBuilder, ParameterIn},
        request_body::{RequestBody, RequestBodyBuilder},
        schema::{AdditionalProperties, AnyOfBuilder, SchemaType, Type},
    },
};

use super::schemes;
use crate::{
    compat::Compat,
    endpoint::Generation,
    error_code::ErrorCode,
    legacy,
    modern::{ErrorReply, RequestErrorReply, RequestProblemReply, UnauthorizedReply},
};

/// Whether something has to be there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Presence {
    /// It has to.
    Required,
    /// It may be absent.
    Optional,
}

impl Presence {
    fn required(self) -> Required {
        match self {
            Self::Required => Required::True,
            Self::Optional => Required::False,
        }
    }
}

/// The schemas that a document names.
pub(super) type Schemas = Vec<(String, RefOr<Schema>)>;

/// What the document says of one endpoint.
pub(crate) struct Operation {
    pub(super) schemas: Schemas,
    method: HttpMethod,
    generation: Generation,
    builder: OperationBuilder,
    body: Option<Body>,
    example: Option<Value>,
    answers: BTreeMap<u16, Answers>,
    errors: Vec<ModernErrors>,
}

/// The JSON body that an operation takes.
struct Body {
    schema: RefOr<Schema>,
    presence: Presence,
}

/// Errors whose form depends on the version that clients know.
#[derive(Clone, Copy)]
enum ModernErrors {
    Row(ErrorCode),
    TextedCode(ErrorCode),
    Token,
    Body,
    Parameters,
}

/// What an operation may answer with one status.
#[derive(Default)]
struct Answers {
    lines: Vec<Cow<'static, str>>,
    bodies: Vec<RefOr<Schema>>,
    media_type: Option<&'static str>,
    example: Option<Value>,
    has_location: bool,
    has_retry_after: bool,
}

/// Method and path in camel case: `postSigninEmailPassword`.
fn operation_id(method: &Method, path: &str) -> String {
    let words = path
        .split(|it: char| !it.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty());
    let mut id = method.as_str().to_ascii_lowercase();
    for word in words {
        let (first, rest) = word.split_at(1);
        id.push_str(&first.to_ascii_uppercase());
        id.push_str(rest);
    }
    id
}

impl Operation {
    /// The operation of an endpoint, of which nothing is said yet.
    pub(crate) fn new(method: &Method, path: &str, generation: Generation) -> Self {
        let id = operation_id(method, path);
        Self {
            schemas: Schemas::new(),
            method: match *method {
                Method::HEAD => HttpMethod::Head,
                Method::POST => HttpMethod::Post,
                _ => HttpMethod::Get,
            },
            generation,
            builder: OperationBuilder::new().operation_id(Some(id)),
            body: None,
            example: None,
            answers: BTreeMap::new(),
            errors: Vec::new(),
        }
    }

    /// What it is for.
    pub(crate) fn summary(mut self, text: &'static str) -> Self {
        self.builder = self.builder.summary(Some(text));
        self
    }

    /// A body to try it with.
    pub(crate) fn example(mut self, body: Value) -> Self {
        self.example = Some(body);
        self
    }

    /// Lists it among the group of this name.
    pub(super) fn tag(mut self, name: &'static str) -> Self {
        self.builder = self.builder.tag(name);
        self
    }

    /// An id of its own, where method and path do not make one.
    pub(crate) fn id(mut self, id: &'static str) -> Self {
        self.builder = self.builder.operation_id(Some(id));
        self
    }

    /// More about it than the summary says.
    pub(crate) fn about(mut self, text: &'static str) -> Self {
        self.builder = self.builder.description(Some(text));
        self
    }

    /// A parameter of the query that has to be there once.
    pub(crate) fn query(self, name: &'static str, about: &'static str) -> Self {
        let text = ObjectBuilder::new().schema_type(Type::String);
        self.parameter(ParameterIn::Query, Presence::Required, name, about, text)
    }

    /// A parameter of the query that may be absent, in the form of `T`.
    pub(crate) fn optional_query<T: ToSchema>(
        self,
        name: &'static str,
        about: &'static str,
    ) -> Self {
        self.parameter(
            ParameterIn::Query,
            Presence::Optional,
            name,
            about,
            T::schema(),
        )
    }

    /// A part of the path.
    pub(crate) fn path(self, name: &'static str, about: &'static str) -> Self {
        let text = ObjectBuilder::new().schema_type(Type::String);
        self.parameter(ParameterIn::Path, Presence::Required, name, about, text)
    }

    fn parameter(
        mut self,
        place: ParameterIn,
        presence: Presence,
        name: &'static str,
        about: &'static str,
        schema: impl Into<RefOr<Schema>>,
    ) -> Self {
        let parameter = ParameterBuilder::new()
            .name(name)
            .parameter_in(place)
            .required(presence.required())
            .description(Some(about))
            .schema(Some(schema));
        self.builder = self.builder.parameter(parameter);
        self
    }

    /// Parameters have to fit their schemas.
    pub(crate) fn checks_parameters(mut self) -> Self {
        self.errors.push(ModernErrors::Parameters);
        self
    }

    /// The body of a web form with a field that has to be there, and others that may.
    pub(crate) fn form(mut self, required: &'static str, optional: &[&'static str]) -> Self {
        let text = || ObjectBuilder::new().schema_type(Type::String);
        let fields = optional.iter().fold(
            ObjectBuilder::new()
                .property(required, text())
                .required(required),
            |fields, name| fields.property(*name, text()),
        );
        let body = RequestBodyBuilder::new()
            .required(Some(Required::True))
            .content(
                "application/x-www-form-urlencoded",
                Content::new(Some(fields)),
            )
            .build();
        self.builder = self.builder.request_body(Some(body));
        self
    }

    /// What a success means.
    pub(crate) fn answering(self, text: &'static str) -> Self {
        self.line(200, text)
    }

    /// The body of a success.
    pub(crate) fn answers<T: ToSchema>(mut self) -> Self {
        let schema = self.schema_of::<T>();
        if is_text(&schema) {
            self.answers.entry(200).or_default().example = Some(Value::from("OK"));
        }
        self.body(200, schema)
    }

    /// The body of a success, where no type of ours stands behind it.
    pub(crate) fn answers_with(self, schema: impl Into<RefOr<Schema>>) -> Self {
        self.body(200, schema.into())
    }

    /// A success may also be text of this media type.
    pub(crate) fn answers_text(mut self, media_type: &'static str) -> Self {
        self.answers.entry(200).or_default().media_type = Some(media_type);
        let text = ObjectBuilder::new().schema_type(Type::String);
        self.body(200, RefOr::T(text.into()))
    }

    /// A redirect, and where it leads.
    pub(crate) fn redirects(mut self, text: &'static str) -> Self {
        self.answers.entry(302).or_default().has_location = true;
        self.line(302, text)
    }

    /// An answer without a body.
    pub(crate) fn or(self, status: u16, text: &'static str) -> Self {
        self.line(status, text)
    }

    /// An answer with a body of its own.
    pub(crate) fn or_body<T: ToSchema>(mut self, status: u16, text: &'static str) -> Self {
        let schema = self.schema_of::<T>();
        self.line(status, text).body(status, schema)
    }

    /// Rows of the modern error table that it may answer. Those that can be concealed bring along
    /// what they are concealed by.
    pub(crate) fn errors(mut self, codes: &[ErrorCode]) -> Self {
        let concealed = codes.iter().any(|code| code.concealed);
        let masks = concealed.then_some(ErrorCode::INVALID_REQUEST);
        let rows = codes.iter().copied().chain(masks).map(ModernErrors::Row);
        self.errors.extend(rows);
        self
    }

    /// The rows of a wrong code of a text message.
    pub(crate) fn texted_code_errors(mut self) -> Self {
        let rows = [
            ErrorCode::INVALID_REQUEST,
            ErrorCode::INVALID_OTP,
            ErrorCode::OTP_TOO_MANY_ATTEMPTS,
        ];
        self.errors.extend(rows.map(ModernErrors::TextedCode));
        self
    }

    /// Errors of the legacy catalogue: status, code and what it says.
    pub(crate) fn legacy_errors(self, rows: &[(u16, &'static str, &'static str)]) -> Self {
        rows.iter().fold(self, |operation, (status, code, text)| {
            operation.legacy_error(*status, format!("`{code}`: {text}"))
        })
    }

    /// An access token of the modern generation.
    pub(crate) fn access_token(mut self, presence: Presence) -> Self {
        self.builder = self.builder.security(schemes::needing(schemes::BEARER));
        if presence == Presence::Optional {
            self.builder = self.builder.security(SecurityRequirement::default());
            return self;
        }
        self.errors.push(ModernErrors::Token);
        self
    }

    /// A session of the legacy generation: in the header or in the cookie.
    pub(crate) fn session_token(mut self) -> Self {
        for scheme in [schemes::SESSION, schemes::COOKIE] {
            self.builder = self.builder.security(schemes::needing(scheme));
        }
        self.legacy_errors(&[
            (401, "unauthorized", "the session is missing or not good"),
            (500, "unexpected-state", "something went wrong"),
            (503, "unexpected-state", "the database is away or busy"),
        ])
    }

    /// A JSON body of the modern generation.
    pub(crate) fn modern_body<T: ToSchema>(mut self, presence: Presence) -> Self {
        self.take_body::<T>(presence);
        self.reads_a_body()
    }

    /// What can go wrong with any body of the modern generation.
    pub(crate) fn reads_a_body(mut self) -> Self {
        self.errors.push(ModernErrors::Body);
        self.errors(&[
            ErrorCode::REQUEST_TIMEOUT,
            ErrorCode::REQUEST_TOO_LARGE,
            ErrorCode::INTERNAL_SERVER_ERROR,
            ErrorCode::TEMPORARILY_UNAVAILABLE,
        ])
    }

    /// Any JSON object as the body.
    pub(crate) fn any_object(mut self) -> Self {
        let any = Some(AdditionalProperties::FreeForm(true));
        let object = ObjectBuilder::new()
            .schema_type(Type::Object)
            .additional_properties(any);
        self.body = Some(Body {
            schema: RefOr::T(object.into()),
            presence: Presence::Required,
        });
        self
    }

    /// A JSON body of the legacy generation.
    pub(crate) fn legacy_body<T: ToSchema>(mut self) -> Self {
        self.take_body::<T>(Presence::Required);
        self.legacy_errors(&[
            (400, "invalid-args", "the body does not fit its schema"),
            (400, "bad-headers", "the body is not marked as JSON"),
            (408, "invalid-args", "the body took too long to arrive"),
            (413, "invalid-args", "the body is too large"),
            (500, "unexpected-state", "something went wrong"),
            (503, "unexpected-state", "the database is away or busy"),
        ])
    }

    /// The same with its errors in the form of a version, that of too many requests among them.
    pub(super) fn for_version(mut self, compat: Compat) -> Self {
        let errors = std::mem::take(&mut self.errors);
        let described = errors
            .into_iter()
            .fold(self, |operation, error| match error {
                ModernErrors::Row(code) => operation.error(compat.error_code(code)),
                ModernErrors::TextedCode(code) => {
                    operation.error(compat.error_code_of_texted_code(code))
                }
                ModernErrors::Token => operation.token_error(compat),
                ModernErrors::Body => {
                    operation.schema_error(compat, "The body does not fit its schema.")
                }
                ModernErrors::Parameters => {
                    operation.schema_error(compat, "A parameter does not fit its schema.")
                }
            });
        described.too_many_requests(compat)
    }

    /// The finished operation.
    pub(super) fn build(self) -> Described {
        let builder = match self.body {
            Some(body) => self.builder.request_body(Some(body.build(self.example))),
            None => self.builder,
        };
        let answers = self.answers.into_iter();
        answers
            .fold(builder, |builder, (status, answer)| {
                builder.response(status.to_string(), answer.build())
            })
            .build()
    }

    /// Its method.
    pub(super) fn method(&self) -> HttpMethod {
        self.method.clone()
    }

    fn take_body<T: ToSchema>(&mut self, presence: Presence) {
        let schema = self.schema_of::<T>();
        self.body = Some(Body { schema, presence });
    }

    fn error(mut self, code: ErrorCode) -> Self {
        let schema = self.schema_of::<ErrorReply>();
        let line = format!("`{}`: {}", code.code, code.message);
        self.line(code.status, line).body(code.status, schema)
    }

    fn token_error(self, compat: Compat) -> Self {
        let text = "The access token is missing or not good.";
        if compat.names_what_is_wrong_with_a_request() {
            self.or_body::<UnauthorizedReply>(401, text)
        } else {
            self.or_body::<RequestErrorReply>(400, text)
        }
    }

    fn schema_error(self, compat: Compat, text: &'static str) -> Self {
        if compat.names_what_is_wrong_with_a_request() {
            self.or_body::<RequestProblemReply>(400, text)
        } else {
            self.or_body::<RequestErrorReply>(400, text)
        }
    }

    fn too_many_requests(mut self, compat: Compat) -> Self {
        let text = "Too many requests; `Retry-After` tells in how many seconds to ask again.";
        let answer = self.answers.entry(429).or_default();
        answer.has_retry_after = true;
        match self.generation {
            Generation::Legacy => self.or_body::<legacy::ErrorReply<'static>>(429, text),
            Generation::Modern if compat.explains_too_many_requests() => {
                self.or_body::<ErrorReply>(429, text)
            }
            Generation::Modern => self.line(429, text),
        }
    }

    fn legacy_error(mut self, status: u16, line: String) -> Self {
        let schema = self.schema_of::<legacy::ErrorReply<'static>>();
        self.line(status, line).body(status, schema)
    }

    fn line(mut self, status: u16, line: impl Into<Cow<'static, str>>) -> Self {
        let (line, answer) = (line.into(), self.answers.entry(status).or_default());
        if !answer.lines.contains(&line) {
            answer.lines.push(line);
        }
        self
    }

    fn body(mut self, status: u16, schema: RefOr<Schema>) -> Self {
        let answer = self.answers.entry(status).or_default();
        if !answer.bodies.contains(&schema) {
            answer.bodies.push(schema);
        }
        self
    }

    /// A reference to the schema of `T`, which is added to those the document names. Bare text
    /// needs no name.
    fn schema_of<T: ToSchema>(&mut self) -> RefOr<Schema> {
        let schema = T::schema();
        if is_text(&schema) {
            return schema;
        }
        let name = T::name().into_owned();
        T::schemas(&mut self.schemas);
        self.schemas.push((name.clone(), schema));
        RefOr::Ref(Ref::from_schema_name(name))
    }
}

impl Body {
    fn build(self, example: Option<Value>) -> RequestBody {
        let content = ContentBuilder::new()
            .schema(Some(self.schema))
            .example(example)
            .build();
        RequestBodyBuilder::new()
            .required(Some(self.presence.required()))
            .content("application/json", content)
            .build()
    }
}

impl Answers {
    fn build(self) -> Response {
        let mut builder = ResponseBuilder::new().description(match self.lines.as_slice() {
            [only] => only.to_string(),
            lines => format!("* {}", lines.join("\n* ")),
        });
        if self.has_location {
            let url = ObjectBuilder::new().schema_type(Type::String);
            builder = builder.header("Location", Header::new(url));
        }
        if self.has_retry_after {
            let seconds = ObjectBuilder::new().schema_type(Type::Integer);
            builder = builder.header("Retry-After", Header::new(seconds));
        }
        let mut bodies = self.bodies;
        let Some(first) = bodies.pop() else {
            return builder.build();
        };
        let schema = if bodies.is_empty() {
            first
        } else {
            let any = bodies
                .into_iter()
                .fold(AnyOfBuilder::new(), AnyOfBuilder::item);
            RefOr::T(any.item(first).into())
        };
        let mut content = Content::new(Some(schema));
        content.example = self.example;
        let media_type = self.media_type.unwrap_or("application/json");
        builder.content(media_type, content).build()
    }
}

fn is_text(schema: &RefOr<Schema>) -> bool {
    match schema {
        RefOr::T(Schema::Object(object)) => object.schema_type == SchemaType::Type(Type::String),
        _ => false,
    }
}
