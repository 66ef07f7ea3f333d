//! The description of the API: an OpenAPI document made from the wire types and the handlers.
//!
//! What a request takes and an answer holds is read off the types ([`handler`]); what can only be
//! said in words, and which errors there are, stands in [`paths`].

mod examples;
mod handler;
mod operation;
mod paths;
mod schemes;
#[cfg(test)]
mod tests;

use actix_web::{HttpResponse, http::header::ContentType, web::Data};
use utoipa::openapi::{
    ComponentsBuilder, InfoBuilder, License, OpenApi, OpenApiBuilder, Paths, Server, ServerBuilder,
    Tag,
};

use self::{operation::Operation, paths::Group};
use crate::{modern::ModernError, settings::ApiSettings, state::AppState};

/// `GET /openapi.json`
pub(crate) async fn show(state: Data<AppState>) -> Result<HttpResponse, ModernError> {
    let text = state.description().ok_or_else(unwritable)?;
    Ok(HttpResponse::Ok()
        .content_type(ContentType::json())
        .body(text))
}

fn unwritable() -> ModernError {
    ModernError::Internal("the description of the API cannot be written".into())
}

/// The description of a server with these settings.
pub(crate) fn document(settings: &ApiSettings) -> OpenApi {
    let mut paths = Paths::new();
    let mut components = schemes::all(settings)
        .into_iter()
        .fold(ComponentsBuilder::new(), |components, (name, scheme)| {
            components.security_scheme(name, scheme)
        })
        .build();
    let groups = paths::groups(settings);
    let tags: Vec<Tag> = groups.iter().map(|group| Tag::new(group.name)).collect();
    let served = groups
        .into_iter()
        .flat_map(|group| tagged(group, &settings.prefix));
    let unprefixed = (!settings.prefix.is_empty()).then(paths::unprefixed);
    let unprefixed = unprefixed.into_iter().flat_map(|it| tagged(it, ""));
    for (path, operation) in served.chain(unprefixed) {
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
        .tags(Some(tags))
        .components(Some(components))
        .build()
}

const ABOUT: &str = "Signing people up and in, for Hasura and for anything else that reads JSON \
                     Web Tokens. Where errors are concealed, those that tell whether an account \
                     exists are answered as `invalid-request`.";

/// The operations of a group, with the paths they are served at behind this prefix.
fn tagged(group: Group, prefix: &str) -> impl Iterator<Item = (String, Operation)> {
    let name = group.name;
    group.operations.into_iter().map(move |operation| {
        let path = operation.route.behind(prefix);
        (path, operation.tag(name))
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
