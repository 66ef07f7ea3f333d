//! The description of the API: an OpenAPI document made from the rows of the endpoints.
//!
//! What a request takes and an answer holds is read off the types of their handlers ([`handler`]);
//! what no type tells, and which errors there are, stands in the row.

pub(crate) mod handler;
pub(crate) mod operation;
mod schemes;
#[cfg(test)]
mod tests;

use actix_web::{
    HttpResponse,
    http::header::ContentType,
    web::{Bytes, Data},
};
use utoipa::openapi::{
    ComponentsBuilder, InfoBuilder, License, OpenApi, OpenApiBuilder, Paths, Server, ServerBuilder,
    Tag,
};

use self::operation::Operation;
use crate::{
    endpoint::{Endpoints, Topic},
    modern::ModernError,
    settings::ApiSettings,
    state::AppState,
};

/// `GET /openapi.json`
pub(crate) async fn show(
    state: Data<AppState>,
    endpoints: Data<Endpoints>,
) -> Result<HttpResponse, ModernError> {
    let write = |settings: &_| document(endpoints.topics(), settings).to_json().ok();
    let text = state.description(|settings| write(settings).map(Bytes::from));
    let text = text.ok_or_else(unwritable)?;
    Ok(HttpResponse::Ok()
        .content_type(ContentType::json())
        .body(text))
}

fn unwritable() -> ModernError {
    ModernError::Internal("the description of the API cannot be written".into())
}

/// The description of a server with these settings.
fn document(topics: &[Topic], settings: &ApiSettings) -> OpenApi {
    let mut paths = Paths::new();
    let mut components = schemes::all(settings)
        .into_iter()
        .fold(ComponentsBuilder::new(), |components, (name, scheme)| {
            components.security_scheme(name, scheme)
        })
        .build();
    let operations = topics.iter().flat_map(|topic| operations(topic, settings));
    for (path, operation) in operations {
        let mut operation = operation.for_version(settings.compat);
        components
            .schemas
            .extend(std::mem::take(&mut operation.schemas));
        let method = operation.method();
        paths.add_path_operation(path, vec![method], operation.build());
    }
    OpenApiBuilder::new()
        .info(
            InfoBuilder::new()
                .title("Hasura Auth")
                .version(settings.version.as_str())
                .description(Some(ABOUT))
                .license(Some(License::new("MIT OR Apache-2.0"))),
        )
        .servers(Some(servers(settings)))
        .paths(paths)
        .tags(Some(topics.iter().map(|topic| Tag::new(topic.name))))
        .components(Some(components))
        .build()
}

const ABOUT: &str = "Signing people up and in, for Hasura and for anything else that reads JSON \
                     Web Tokens. Where errors are concealed, those that tell whether an account \
                     exists are answered as `invalid-request`.";

/// The operations of a topic, with the paths they are served at.
fn operations(topic: &Topic, settings: &ApiSettings) -> impl Iterator<Item = (String, Operation)> {
    topic
        .endpoints
        .iter()
        .filter(|it| it.is_listed() && it.is_served(settings))
        .map(|it| {
            let path = it.path_behind(&settings.prefix);
            (path, it.describe().tag(topic.name))
        })
}

/// Where the paths begin: first at the host the document comes from, whatever its name, then at
/// the URL that clients are told to use.
fn servers(settings: &ApiSettings) -> Vec<Server> {
    let here = ServerBuilder::new()
        .url(root_from_document(&settings.prefix))
        .description(Some("The server this description comes from"))
        .build();
    let known = settings.server_url.as_deref().map(|url| {
        let root = url.strip_suffix(settings.prefix.as_str()).unwrap_or(url);
        ServerBuilder::new()
            .url(root)
            .description(Some("The server under its configured URL"))
            .build()
    });
    std::iter::once(here).chain(known).collect()
}

/// The way from the document, which is served below the prefix, to where paths begin. It is the
/// same through a proxy that serves this server below a path of its own.
fn root_from_document(prefix: &str) -> String {
    match prefix.matches('/').count() {
        0 => ".".to_owned(),
        depth => vec![".."; depth].join("/"),
    }
}
