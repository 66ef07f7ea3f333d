//! Serves pages and files that are inside the binary.

use actix_web::{
    HttpResponse, HttpResponseBuilder,
    http::header::{self, ContentEncoding},
};
use pages::File;

/// A page, and what it may do.
pub(crate) fn page(file: File, policy: &'static str) -> HttpResponse {
    let mut answer = described(&file);
    allow_only(&mut answer, policy);
    answer.body(file.content.into_owned())
}

/// A file of a page. It holds no user's data, and changes with the server only.
pub(crate) fn part(file: File) -> HttpResponse {
    described(&file)
        .insert_header((header::CACHE_CONTROL, "public, max-age=3600"))
        .body(file.content.into_owned())
}

/// Allows a page no more than `policy` says, and keeps its address out of `Referer`.
pub(crate) fn allow_only(answer: &mut HttpResponseBuilder, policy: &'static str) {
    answer
        .insert_header((header::CONTENT_SECURITY_POLICY, policy))
        .insert_header((header::REFERRER_POLICY, "no-referrer"))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"));
}

fn described(file: &File) -> HttpResponseBuilder {
    let mut answer = HttpResponse::Ok();
    if file.gzipped {
        answer.insert_header(ContentEncoding::Gzip);
    }
    answer
        // MIME sniffing: the browser takes the file for the declared type only.
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .content_type(file.content_type);
    answer
}
