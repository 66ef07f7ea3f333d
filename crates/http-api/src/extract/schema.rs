//! Schemas of members whose decoding is written by hand.

use utoipa::openapi::{ObjectBuilder, Type};

/// A schema of text, to be narrowed down.
pub(crate) fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

/// Gives a type the schema that its hand-written decoding keeps.
macro_rules! schema {
    ($type:ident, $name:literal, $schema:expr) => {
        impl ::utoipa::PartialSchema for $type {
            fn schema() -> ::utoipa::openapi::RefOr<::utoipa::openapi::Schema> {
                $schema.build().into()
            }
        }

        impl ::utoipa::ToSchema for $type {
            fn name() -> ::std::borrow::Cow<'static, str> {
                ::std::borrow::Cow::Borrowed($name)
            }
        }
    };
}

pub(crate) use schema;
