//! Flows at identity providers: each ends once (replay).

use std::sync::Arc;

use auth_domain::{error::StoreError, flow_binding::EndedFlow, ports::Store};

use crate::{
    Fixture,
    samples::ended_flow,
    steps::{all_at_once, commit, retried},
};

/// A flow that has ended does not end again.
pub async fn flow_ends_once(fixture: &dyn Fixture) {
    let store = fixture.store();

    assert!(end(&*store, &ended_flow("first")).await);

    assert!(!end(&*store, &ended_flow("first")).await);
}

/// The end of one flow is not that of another.
pub async fn flows_end_one_by_one(fixture: &dyn Fixture) {
    let store = fixture.store();

    for name in ["first", "second", "third"] {
        assert!(end(&*store, &ended_flow(name)).await, "{name}");
    }
}

/// Within one unit of work a flow ends once as well.
pub async fn flow_ends_once_within_a_unit_of_work(fixture: &dyn Fixture) {
    let store = fixture.store();
    let mut work = store.begin().await.unwrap();
    let flow = ended_flow("first");

    assert!(work.tickets().end_flow(&flow).await.unwrap());
    assert!(!work.tickets().end_flow(&flow).await.unwrap());

    work.commit().await.unwrap();
}

/// A rolled-back unit of work does not end the flow.
pub async fn flow_of_undone_work_can_end(fixture: &dyn Fixture) {
    let store = fixture.store();
    let mut work = store.begin().await.unwrap();
    assert!(work.tickets().end_flow(&ended_flow("first")).await.unwrap());
    work.rollback().await.unwrap();

    assert!(end(&*store, &ended_flow("first")).await);
}

/// A flow is remembered, even when many others end meanwhile.
pub async fn ended_flow_is_remembered(fixture: &dyn Fixture) {
    let store = fixture.store();
    assert!(end(&*store, &ended_flow("first")).await);
    for number in 0..30 {
        assert!(end(&*store, &ended_flow(&format!("other {number}"))).await);
    }

    assert!(!end(&*store, &ended_flow("first")).await);
}

/// Of fifty concurrent callbacks of one flow, one may go on.
pub async fn parallel_ends_of_one_flow_have_one_winner(fixture: &dyn Fixture) {
    let store = fixture.store();

    let ended = end_in_parallel(store, vec![ended_flow("first"); 50]).await;

    assert_eq!(ended.iter().filter(|it| **it).count(), 1, "{ended:?}");
}

async fn end(store: &dyn Store, flow: &EndedFlow) -> bool {
    try_to_end(store, flow).await.unwrap()
}

async fn try_to_end(store: &dyn Store, flow: &EndedFlow) -> Result<bool, StoreError> {
    let mut work = store.begin().await?;
    let ended = work.tickets().end_flow(flow).await?;
    commit(work).await?;
    Ok(ended)
}

async fn end_in_parallel(store: Arc<dyn Store>, flows: Vec<EndedFlow>) -> Vec<bool> {
    let outcomes = all_at_once(flows.into_iter().map(|flow| {
        let store = Arc::clone(&store);
        async move { retried(|| try_to_end(&*store, &flow)).await }
    }))
    .await;
    outcomes.into_iter().map(Result::unwrap).collect()
}
