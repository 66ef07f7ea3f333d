//! What the type of a handler tells of its operation.
//!
//! Bodies, answers and the need for a token are read off the handlers themselves, so that the
//! document cannot say anything else.

use actix_web::{HttpRequest, HttpResponse, web};
use utoipa::ToSchema;

use super::operation::{Operation, Presence};
use crate::{
    extract::device::SeenFrom,
    legacy::{self, LegacyError},
    modern::{
        self, ModernError,
        caller::{
            Caller, ElevatedCaller, FactorAddingCaller, OpenCaller, OptionalCaller,
            OptionalElevatedCaller,
        },
    },
};

/// A handler with arguments that describe themselves.
pub(crate) trait Described<Arguments> {
    /// `operation` with what this handler takes and answers.
    fn describe(operation: Operation) -> Operation;
}

/// An argument of a handler.
pub(crate) trait Argument {
    /// `operation` with what this argument is taken from.
    fn describe(operation: Operation) -> Operation {
        operation
    }
}

/// What a handler answers.
pub(crate) trait Answer {
    /// `operation` with the answer of a success.
    fn describe(operation: Operation) -> Operation;
}

macro_rules! handlers {
    ($($argument:ident)*) => {
        impl<Function, Work, Output, $($argument),*> Described<($($argument,)*)> for Function
        where
            Function: Fn($($argument),*) -> Work,
            Work: Future<Output = Output>,
            Output: Answer,
            $($argument: Argument,)*
        {
            fn describe(operation: Operation) -> Operation {
                $(let operation = $argument::describe(operation);)*
                Output::describe(operation)
            }
        }
    };
}

handlers!();
handlers!(A);
handlers!(A B);
handlers!(A B C);
handlers!(A B C D);
handlers!(A B C D E);

/// What a server has anyway.
impl<T: ?Sized> Argument for web::Data<T> {}

/// Its parts are not in its type; the row says them.
impl<T> Argument for web::Path<T> {}

impl Argument for HttpRequest {}

impl Argument for modern::change_env::Changes {
    fn describe(operation: Operation) -> Operation {
        operation.any_object()
    }
}

/// Arguments that are taken from an access token.
macro_rules! callers {
    ($($caller:ident is $presence:ident;)+) => {$(
        impl Argument for $caller {
            fn describe(operation: Operation) -> Operation {
                operation.access_token(Presence::$presence)
            }
        }
    )+};
}

callers! {
    Caller is Required;
    OpenCaller is Required;
    ElevatedCaller is Required;
    FactorAddingCaller is Required;
    OptionalCaller is Optional;
    OptionalElevatedCaller is Optional;
}

impl Argument for SeenFrom {}

impl Argument for legacy::cookie::SessionCookie {}

impl<T: ToSchema> Argument for modern::json::Json<T> {
    fn describe(operation: Operation) -> Operation {
        operation.modern_body::<T>(Presence::Required)
    }
}

impl<T: ToSchema> Argument for modern::json::OptionalJson<T> {
    fn describe(operation: Operation) -> Operation {
        operation.modern_body::<T>(Presence::Optional)
    }
}

/// Its fields are not in its type; the row says them.
impl Argument for modern::form::Form {
    fn describe(operation: Operation) -> Operation {
        operation.reads_a_body()
    }
}

impl Argument for legacy::session::SessionToken {
    fn describe(operation: Operation) -> Operation {
        operation.session_token()
    }
}

impl<T: ToSchema> Argument for legacy::json::Json<T> {
    fn describe(operation: Operation) -> Operation {
        operation.legacy_body::<T>()
    }
}

impl<T: ToSchema> Answer for web::Json<T> {
    fn describe(operation: Operation) -> Operation {
        operation.answers::<T>()
    }
}

impl<T: ToSchema> Answer for Result<web::Json<T>, ModernError> {
    fn describe(operation: Operation) -> Operation {
        operation.answers::<T>()
    }
}

/// Its body is not in its type; the row says it.
impl Answer for HttpResponse {
    fn describe(operation: Operation) -> Operation {
        operation
    }
}

impl Answer for Result<HttpResponse, ModernError> {
    fn describe(operation: Operation) -> Operation {
        operation
    }
}

impl Answer for Result<HttpResponse, LegacyError> {
    fn describe(operation: Operation) -> Operation {
        operation
    }
}
