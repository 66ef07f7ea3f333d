//! Pages and files of the server itself; no part of the API.

use crate::{
    console,
    endpoint::{Endpoint, get},
    landing, outbox,
};

pub(super) fn endpoints() -> Vec<Endpoint> {
    console()
        .into_iter()
        .chain(landing())
        .chain([outbox()])
        .map(Endpoint::unlisted)
        .collect()
}

fn console() -> [Endpoint; 3] {
    [
        get("/console", console::page).for_own_origin_below(),
        get("/console/", console::without_slash),
        get("/console/{name}", console::file),
    ]
    .map(|it| it.served_if(|settings| settings.console))
}

fn landing() -> [Endpoint; 2] {
    [
        get(landing::LANDING_PATH, landing::page).for_own_origin_below(),
        get("/landing/{name}", landing::file),
    ]
    .map(|it| it.served_if(|settings| settings.landing))
}

/// The handler decides whether there is one to show.
fn outbox() -> Endpoint {
    get(outbox::PATH, outbox::page::show)
        .at_root()
        .for_own_origin()
}
