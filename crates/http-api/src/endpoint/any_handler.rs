//! A handler of any type, as a row holds it.

use std::marker::PhantomData;

use actix_web::{FromRequest, Handler, Responder, Route, http::Method, web};

use crate::openapi::{handler::Described, operation::Operation};

/// What a row asks of its handler.
pub(crate) trait AnyHandler: Send + Sync {
    /// As the router takes it.
    fn route(&self, method: Method) -> Route;

    /// `operation` with what the type of the handler tells.
    fn describe(&self, operation: Operation) -> Operation;
}

/// A handler that a row can hold: the router calls it, and the document reads its type.
pub(crate) trait AsRow<Arguments> {
    /// The same without its type.
    fn erased(self) -> Box<dyn AnyHandler>;
}

impl<H, Arguments> AsRow<Arguments> for H
where
    H: Handler<Arguments> + Described<Arguments> + Send + Sync,
    Arguments: FromRequest + 'static,
    H::Output: Responder + 'static,
{
    fn erased(self) -> Box<dyn AnyHandler> {
        Box::new(Typed {
            handler: self,
            arguments: PhantomData,
        })
    }
}

/// A handler with its arguments.
struct Typed<H, Arguments> {
    handler: H,
    arguments: PhantomData<fn(Arguments)>,
}

impl<H, Arguments> AnyHandler for Typed<H, Arguments>
where
    H: Handler<Arguments> + Described<Arguments> + Send + Sync,
    Arguments: FromRequest + 'static,
    H::Output: Responder + 'static,
{
    fn route(&self, method: Method) -> Route {
        web::method(method).to(self.handler.clone())
    }

    fn describe(&self, operation: Operation) -> Operation {
        H::describe(operation)
    }
}
