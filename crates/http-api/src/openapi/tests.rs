use std::collections::BTreeSet;

use roas::validation::{Options, Validate};
use serde_json::{Value, json};

use super::*;
use crate::{endpoint::Endpoint, endpoints};

fn settings(prefix: &str, server_url: Option<&str>) -> ApiSettings {
    ApiSettings {
        server_url: server_url.map(str::to_owned),
        ..ApiSettings::behind(prefix)
    }
}

fn described(settings: &ApiSettings) -> Value {
    serde_json::to_value(document(&endpoints::topics(), settings)).unwrap()
}

/// Method and path of every operation.
fn operations(document: &Value) -> BTreeSet<(String, String)> {
    let paths = document["paths"].as_object().unwrap();
    paths
        .iter()
        .flat_map(|(path, item)| {
            let methods = item.as_object().unwrap().keys();
            methods.map(|method| (method.to_uppercase(), path.clone()))
        })
        .collect()
}

/// Every value in `value`, however deep.
fn descend<'a>(value: &'a Value, visit: &mut impl FnMut(&'a Value)) {
    visit(value);
    match value {
        Value::Array(items) => items.iter().for_each(|it| descend(it, visit)),
        Value::Object(members) => members.values().for_each(|it| descend(it, visit)),
        _ => {}
    }
}

#[test]
fn pages_and_files_are_no_part_of_the_api() {
    let everywhere = ApiSettings {
        console: true,
        landing: true,
        change_env: true,
        ..settings("", None)
    };

    let described = operations(&described(&everywhere));

    assert!(described.len() > 60, "{}", described.len());
    for page in ["/console", "/landing", "/dev/outbox", "/openapi.json"] {
        assert!(
            described.iter().all(|(_, path)| !path.starts_with(page)),
            "{page}"
        );
    }
}

#[test]
fn the_hook_for_tests_is_described_where_it_is_served() {
    let without = settings("", None);
    let with = ApiSettings {
        change_env: true,
        ..without.clone()
    };
    let hook = ("POST".to_owned(), "/change-env".to_owned());

    let mut expected = operations(&described(&without));
    assert!(expected.insert(hook));
    assert_eq!(operations(&described(&with)), expected);
}

#[test]
fn behind_a_prefix_the_routes_carry_it_and_the_probes_are_there_without_it_too() {
    let behind = |path: &str| {
        let prefix = if path.starts_with("/v1/") { "" } else { "/v1" };
        format!("{prefix}{path}")
    };
    let document = described(&settings("/v1", Some("https://auth.example.com/v1")));

    let mut expected: BTreeSet<_> = operations(&described(&settings("", None)))
        .into_iter()
        .map(|(method, path)| (method, behind(&path)))
        .collect();
    for method in ["GET", "HEAD"] {
        for probe in ["/healthz", "/readyz"] {
            assert!(expected.insert((method.to_owned(), probe.to_owned())));
        }
    }
    assert_eq!(operations(&document), expected);
    assert!(document["paths"]["/v1/token"]["post"].is_object());
    assert_eq!(document["paths"].get("/token"), None);
}

#[test]
fn paths_begin_where_the_server_does_however_it_is_reached() {
    let urls = |prefix, url| {
        let document = described(&settings(prefix, url));
        let servers = document["servers"].as_array().unwrap().clone();
        servers
            .iter()
            .map(|it| it["url"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };

    assert_eq!(urls("", None), ["."]);
    assert_eq!(
        urls("/v1", Some("https://auth.example.com/v1")),
        ["..", "https://auth.example.com"]
    );
    assert_eq!(
        urls("/a/b", Some("https://x.io")),
        ["../..", "https://x.io"]
    );
}

#[test]
fn every_reference_leads_somewhere_and_every_schema_is_referred_to() {
    let document = described(&settings("", None));
    let mut references = BTreeSet::new();
    descend(&document, &mut |value| {
        references.extend(value.get("$ref").and_then(Value::as_str));
    });

    for reference in &references {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
    for name in document["components"]["schemas"]
        .as_object()
        .unwrap()
        .keys()
    {
        let reference = format!("#/components/schemas/{name}");
        assert!(references.contains(reference.as_str()), "{reference}");
    }
}

#[test]
fn two_types_never_share_a_name() {
    let mut named = std::collections::BTreeMap::new();
    let topics = endpoints::topics();
    let operations = topics.iter().flat_map(|it| &it.endpoints);
    let operations = operations.map(Endpoint::describe);
    for (name, schema) in operations.flat_map(|it| it.schemas) {
        let schema = serde_json::to_value(schema).unwrap();
        let known = named.entry(name.clone()).or_insert_with(|| schema.clone());
        assert_eq!(*known, schema, "{name}");
    }
}

#[test]
fn every_operation_has_its_own_id_and_says_what_it_is_and_what_comes_back() {
    let document = described(&settings("/v1", None));
    let mut ids = BTreeSet::new();

    for item in document["paths"].as_object().unwrap().values() {
        for operation in item.as_object().unwrap().values() {
            let id = operation["operationId"].as_str().unwrap();
            assert!(ids.insert(id), "{id}");
            assert!(operation["summary"].is_string(), "{id}");
            assert!(operation["tags"][0].is_string(), "{id}");
            let answers = operation["responses"].as_object().unwrap();
            assert!(
                answers.contains_key("200") || answers.contains_key("302"),
                "{id}"
            );
            for (status, answer) in answers {
                assert_ne!(answer["description"], "", "{id} {status}");
            }
        }
    }
}

#[test]
fn what_needs_a_token_says_so() {
    let document = described(&settings("", None));
    let security = |path: &str, method: &str| document["paths"][path][method]["security"].clone();

    let bearer = serde_json::json!([{ "BearerAuth": [] }]);
    let optional = serde_json::json!([{ "BearerAuth": [] }, {}]);
    let session = serde_json::json!([{ "SessionToken": [] }, { "SessionCookie": [] }]);
    assert_eq!(security("/user", "get"), bearer);
    assert_eq!(security("/user/password", "post"), optional);
    assert_eq!(security("/v1/user/info", "get"), session);
    assert_eq!(security("/signin/email-password", "post"), Value::Null);
    let schemes = &document["components"]["securitySchemes"];
    assert_eq!(schemes["BearerAuth"]["scheme"], "bearer");
    assert_eq!(schemes["SessionCookie"]["name"], "sid");
}

#[test]
fn nothing_but_a_second_factor_and_a_user_handle_may_be_null() {
    let mut document = described(&settings("", None));
    let factor = "/components/schemas/User/properties/activeMfaType/type";
    assert_eq!(
        document.pointer_mut(factor).map(Value::take),
        Some(serde_json::json!(["string", "null"]))
    );

    // Browsers write `null` where a key does not tell whom it is for.
    let handle = "/components/schemas/AuthenticatorAssertionResponse/properties/userHandle";
    assert!(document.pointer_mut(handle).map(Value::take).is_some());

    descend(&document["components"], &mut |value| {
        let kind = value.get("type");
        let kinds = kind.and_then(Value::as_array).into_iter().flatten();
        assert!(kinds.chain(kind).all(|it| it != "null"), "{value}");
    });
}

#[test]
fn requests_refuse_unknown_members_but_for_those_of_older_clients() {
    let document = described(&settings("", None));
    let schemas = document["components"]["schemas"].as_object().unwrap();
    let is_of_a_request = |name: &str| {
        name.ends_with("Request") || ["SignUpOptions", "OptionsRedirectTo"].contains(&name)
    };

    let tolerant: Vec<_> = schemas
        .iter()
        .filter(|(name, _)| is_of_a_request(name))
        .filter(|(_, schema)| schema["additionalProperties"] != false)
        .map(|(name, _)| name.as_str())
        .collect();

    assert_eq!(tolerant, ["LegacyChangePasswordRequest", "SignOutRequest"]);
}

/// Why a pattern is not one of ECMA-262 without the flag `u`, as far as other dialects differ; the
/// same subset means the same to Go, Python and Rust.
fn foreign_syntax(pattern: &str) -> Option<String> {
    const ESCAPED: &str = r"dDsSwWbBtnrfvxu^$\.*+?()[]{}|/-";
    let mut in_class = false;
    let mut after_quantifier = false;
    let mut rest = pattern.chars().peekable();
    while let Some(character) = rest.next() {
        let quantifies = !in_class && matches!(character, '*' | '+' | '?' | '}');
        match (character, rest.peek().copied()) {
            ('\\', Some(escaped)) if ESCAPED.contains(escaped) => {
                rest.next();
                let digits = match escaped {
                    'x' => 2,
                    'u' => 4,
                    _ => 0,
                };
                let is_hex = |it: Option<char>| it.is_some_and(|it| it.is_ascii_hexdigit());
                if !(0..digits).all(|_| is_hex(rest.next())) {
                    return Some(format!("\\{escaped} without {digits} digits"));
                }
            }
            ('\\', escaped) => return Some(format!("the escape \\{escaped:?}")),
            ('[', _) if in_class => return Some("a class within a class".to_owned()),
            ('[', _) => in_class = true,
            (']', _) => in_class = false,
            ('(', Some('?')) if !in_class => {
                rest.next();
                if !matches!(rest.next(), Some(':' | '=' | '!')) {
                    return Some("a group of another dialect".to_owned());
                }
            }
            ('+', _) if quantifies && after_quantifier => {
                return Some("a possessive quantifier".to_owned());
            }
            _ => {}
        }
        after_quantifier = quantifies;
    }
    in_class.then(|| "a class without an end".to_owned())
}

#[test]
fn other_dialects_of_patterns_are_recognised() {
    for pattern in [
        r"^\p{Cc}$",
        r"\P{L}",
        r"\Aa\z",
        r"(?i)a",
        "(?<name>a)",
        "(?P<name>a)",
        "(?>a)",
        "a++",
        "a{2}+",
        "[[:alpha:]]",
        r"\x{1F}",
        r"\u{1F}",
        r"\Qa\E",
        r"\h",
        "[a",
    ] {
        assert!(foreign_syntax(pattern).is_some(), "{pattern}");
    }
    for pattern in [
        r"^[^\x00-\x1F\x7F-\x9F]*$",
        r"^\[\\\]_{}$",
        "^(?:a|b)+?$",
        "a{2,3}?",
        r"\u00e9[+*?]+",
        "^x:",
    ] {
        assert_eq!(foreign_syntax(pattern), None, "{pattern}");
    }
}

#[test]
fn every_pattern_is_one_that_generators_of_clients_understand() {
    for compat in [crate::Compat::V0_42, crate::Compat::Latest] {
        let document = described(&ApiSettings {
            change_env: true,
            compat,
            ..settings("/v1", None)
        });
        let mut patterns = BTreeSet::new();
        descend(&document, &mut |value| {
            patterns.extend(value.get("pattern").and_then(Value::as_str));
            let keyed = value.get("patternProperties").and_then(Value::as_object);
            patterns.extend(keyed.into_iter().flatten().map(|(it, _)| it.as_str()));
        });

        assert!(patterns.len() > 5, "{patterns:?}");
        for pattern in patterns {
            assert_eq!(foreign_syntax(pattern), None, "{pattern}");
        }
    }
}

#[test]
fn a_validator_of_openapi_finds_nothing_wrong() {
    for prefix in ["", "/v1"] {
        let settings = ApiSettings {
            change_env: true,
            ..settings(prefix, Some("https://auth.example.com"))
        };
        let text = document(&endpoints::topics(), &settings).to_json().unwrap();

        let spec: roas::v3_1::spec::Spec = serde_json::from_str(&text).unwrap();

        assert_eq!(spec.openapi.to_string(), "3.1.0");
        spec.validate(Options::empty(), None).unwrap();
    }
}

#[test]
fn every_schema_is_one_of_json_schema() {
    let document = described(&settings("", None));

    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        assert!(jsonschema::draft202012::meta::is_valid(schema), "{name}");
    }
}

#[test]
fn every_body_has_an_example_that_fits_its_schema() {
    let settings = ApiSettings {
        change_env: true,
        ..settings("", None)
    };
    let document = described(&settings);
    let mut bodies = 0;

    for (method, path) in operations(&document) {
        let operation = &document["paths"][&path][method.to_lowercase()];
        let body = &operation["requestBody"]["content"]["application/json"];
        if body.is_null() {
            continue;
        }
        bodies += 1;
        let schema = json!({
            "allOf": [body["schema"]],
            "components": document["components"],
        });
        let errors: Vec<_> = jsonschema::validator_for(&schema)
            .unwrap()
            .iter_errors(&body["example"])
            .map(|error| error.to_string())
            .collect();
        assert!(body["example"].is_object(), "{path} has no example");
        assert_eq!(errors, [""; 0], "{path}");
    }
    assert!(bodies > 40, "{bodies}");
}
