//! The code of an error, noted on its answer for the log.

use actix_web::{HttpResponse, dev::ServiceResponse};

#[derive(Clone, Copy)]
struct Refusal(&'static str);

/// Notes for the log that `answer` refuses a request with this code.
pub(crate) fn refused(mut answer: HttpResponse, code: &'static str) -> HttpResponse {
    answer.extensions_mut().insert(Refusal(code));
    answer
}

/// The code that was noted.
pub(crate) fn code_of<B>(answer: &ServiceResponse<B>) -> Option<&'static str> {
    let noted = answer.response().extensions();
    noted.get::<Refusal>().map(|it| it.0)
}
