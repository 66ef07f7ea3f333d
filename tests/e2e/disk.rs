//! A full disk, or a log that cannot be written.

use tokio::io::{AsyncBufReadExt, BufReader};

use crate::support::{Database, PASSWORD, Server, ServerBuilder, address_in, http_client, within};

/// Signs users up until a sign-up fails; the status of that answer.
async fn fill(server: &Server) -> u16 {
    let mut number = 0;
    loop {
        number += 1;
        let body = serde_json::json!({
            "email": format!("{number}@example.com"),
            "password": PASSWORD,
            "options": { "metadata": { "text": "x".repeat(30_000) } },
        });
        let answer = server.post("/signup/email-password", &body).await;
        if answer.status != 200 {
            return answer.status;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_on_the_size_of_files_costs_writes_and_not_the_process() {
    let database = Database::sqlite();
    let server = ServerBuilder::new(&database)
        .limit_file_size(4096)
        .start()
        .await;
    let ada = server.sign_up("ada@example.com").await;

    let status = fill(&server).await;

    assert_eq!(status, 503, "{}", server.output());
    let token = ada["accessToken"].as_str().unwrap();
    server.get_as(token, "/user").await.expect(200);
    server.get("/healthz").await.expect(200);
    drop(server);
    let unlimited = Server::on(&database).await;
    unlimited.sign_up("bob@example.com").await;
    unlimited
        .sign_in("ada@example.com", PASSWORD)
        .await
        .expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_is_deleted_under_the_server_is_told_and_nothing_is_acknowledged() {
    let Database::Sqlite(folder) = Database::sqlite() else {
        panic!("not an embedded database")
    };
    let database = Database::Sqlite(folder.clone());
    let server = Server::on(&database).await;
    let ada = server.sign_up("ada@example.com").await;

    std::fs::remove_dir_all(folder.path()).unwrap();

    let body = serde_json::json!({ "email": "bob@example.com", "password": PASSWORD });
    let sign_up = server.post("/signup/email-password", &body).await;
    let refresh = server.refresh(&ada["refreshToken"]).await;
    let ready = server.get("/readyz").await;
    assert_eq!((sign_up.status, refresh.status), (503, 503));
    assert_eq!(
        ready.expect(503)["missing"],
        serde_json::json!(["database"])
    );
    server.get("/healthz").await.expect(200);
    server.printed("was deleted or replaced").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_nobody_reads_any_more_costs_no_request() {
    let builder = ServerBuilder::new(&Database::sqlite());
    let mut child = builder.command().spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let address = within(async {
        loop {
            let line = lines.next_line().await.unwrap().expect("it started");
            if let Some(address) = address_in(&line) {
                return address;
            }
        }
    })
    .await;

    drop((lines, child.stdout.take()));

    for path in ["/version", "/user", "/version"] {
        let answer = http_client().get(format!("{address}{path}")).send().await;
        assert!(answer.unwrap().status().as_u16() < 500, "{path}");
    }
}
