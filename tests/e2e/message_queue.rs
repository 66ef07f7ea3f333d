//! The message queue: mails and text messages that could not be sent at once are retried while their
//! links and codes are valid, and no message is promised that is never sent. The fault file
//! `faults/mail.rs` has the client's view.

use serde_json::json;

use crate::support::{
    Database, Mood, PASSWORD, Phones, ServerBuilder, SmtpServer, on_both_databases, within,
};

const ADA: &str = "ada@example.com";
const NUMBER: &str = "+41790000001";
const QUEUED: &str = "SELECT count(*) AS count FROM auth.queued_messages";

/// Ends the pause before the next attempt, or the lease of one that was interrupted.
async fn time_passes(database: &Database) {
    let over = "UPDATE auth.queued_messages SET next_attempt_at = created_at";
    database.execute(over).await;
}

/// Waits until this many messages are queued.
async fn queued(database: &Database, count: i64) {
    within(async {
        while database.count(QUEUED).await != count {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

/// Waits until an attempt has failed and the message waits for its retry.
async fn waiting(database: &Database, attempts: i64) {
    let failed = format!("{QUEUED} WHERE NOT is_claimed AND attempts = {attempts}");
    within(async {
        while database.count(&failed).await != 1 {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

/// The output of a command beside the server, and whether it succeeded.
async fn command(builder: &ServerBuilder, line: &str) -> (bool, String) {
    let output = builder.command().args(line.split(' ')).output().await;
    let output = output.unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(said).unwrap())
}

on_both_databases! {
    async fn a_mail_that_could_not_leave_at_sign_up_comes_by_itself_and_its_link_works(database) {
        let smtp = SmtpServer::start(Mood::Away).await;
        let server = smtp.server(&database).start().await;
        let body = json!({ "email": ADA, "password": PASSWORD });

        let signed_up = server.post("/signup/email-password", &body).await;

        assert_eq!(signed_up.expect(200), json!({}));
        let again = server.post("/signup/email-password", &body).await;
        again.expect_error(409, "email-already-in-use", "Email already in use");
        waiting(&database, 1).await;
        smtp.becomes(Mood::Well);
        let mail = smtp.mail_to(ADA).await;
        server.session_behind(&mail).await;
        server.sign_in(ADA, PASSWORD).await.expect(200);
        queued(&database, 0).await;
        assert_eq!(smtp.count(), 1);
    }

    async fn a_mail_that_left_at_once_leaves_nothing_behind(database) {
        let smtp = SmtpServer::start(Mood::Well).await;
        let server = smtp.server(&database).start().await;

        let body = json!({ "email": ADA, "password": PASSWORD });
        server.post("/signup/email-password", &body).await.expect(200);

        assert_eq!(smtp.count(), 1, "the answer waits for the first attempt");
        assert_eq!(database.count(QUEUED).await, 0);
        assert!(!server.output().contains("was not handed over"));
    }

    async fn a_concealed_mail_comes_too_although_the_server_was_restarted(database) {
        let smtp = SmtpServer::start(Mood::Away).await;
        let builder = smtp.server(&database).set("AUTH_CONCEAL_ERRORS", "true");
        let mut server = builder.clone().start().await;

        let body = json!({ "email": ADA, "password": PASSWORD });
        server.post("/signup/email-password", &body).await.expect(200);
        waiting(&database, 1).await;
        server.kill().await;
        smtp.becomes(Mood::Well);
        let restarted = builder.start().await;

        let mail = smtp.mail_to(ADA).await;
        restarted.session_behind(&mail).await;
        queued(&database, 0).await;
    }

    async fn a_mail_survives_the_death_of_the_server_that_was_about_to_send_it(database) {
        let smtp = SmtpServer::start(Mood::Hanging).await;
        let builder = smtp.server(&database);
        let mut server = builder.clone().start().await;
        let request = server
            .request(reqwest::Method::POST, "/signup/email-password")
            .json(&json!({ "email": ADA, "password": PASSWORD }));

        let unanswered = tokio::spawn(request.send());
        smtp.let_down(1).await;
        server.kill().await;
        assert!(unanswered.await.unwrap().is_err());
        smtp.becomes(Mood::Well);
        assert_eq!(database.count(&format!("{QUEUED} WHERE is_claimed")).await, 1);
        let restarted = builder.start().await;
        time_passes(&database).await;

        let mail = smtp.mail_to(ADA).await;
        restarted.session_behind(&mail).await;
        queued(&database, 0).await;
        assert_eq!(smtp.count(), 1);
    }

    async fn a_mail_that_is_refused_for_good_is_an_error_and_is_not_tried_again(database) {
        let smtp = SmtpServer::start(Mood::Refusing(550)).await;
        let server = smtp.server(&database).start().await;

        let body = json!({ "email": ADA, "password": PASSWORD });
        let failed = server.post("/signup/email-password", &body).await;

        failed.expect_error(500, "internal-server-error", "Internal server error");
        assert_eq!(database.count(QUEUED).await, 0);
        smtp.becomes(Mood::Well);
        let ask = json!({ "email": ADA });
        server.post("/user/email/send-verification-email", &ask).await.expect(200);
        let mail = smtp.mail_to(ADA).await;
        server.session_behind(&mail).await;
        assert_eq!(smtp.count(), 1);
    }

    async fn a_later_mail_takes_the_place_of_one_that_waits(database) {
        let smtp = SmtpServer::start(Mood::Refusing(450)).await;
        let server = smtp.server(&database).start().await;
        let body = json!({ "email": ADA, "password": PASSWORD });
        server.post("/signup/email-password", &body).await.expect(200);
        assert_eq!(database.count(QUEUED).await, 1);

        let ask = json!({ "email": ADA });
        server.post("/user/email/send-verification-email", &ask).await.expect(200);

        assert_eq!(database.count(QUEUED).await, 1);
        smtp.becomes(Mood::Well);
        time_passes(&database).await;
        let mail = smtp.mail_to(ADA).await;
        server.session_behind(&mail).await;
        queued(&database, 0).await;
        assert_eq!(smtp.count(), 1);
    }

    async fn nothing_is_sent_to_somebody_who_was_deleted_or_disabled(database) {
        let smtp = SmtpServer::start(Mood::Away).await;
        let server = smtp.server(&database).start().await;
        for email in [ADA, "eve@example.com", "bob@example.com"] {
            let body = json!({ "email": email, "password": PASSWORD });
            server.post("/signup/email-password", &body).await.expect(200);
        }

        database.execute("DELETE FROM auth.users WHERE email = 'eve@example.com'").await;
        let disable = "UPDATE auth.users SET disabled = true WHERE email = 'ada@example.com'";
        database.execute(disable).await;
        smtp.becomes(Mood::Well);
        time_passes(&database).await;

        smtp.mail_to("bob@example.com").await;
        queued(&database, 0).await;
        assert_eq!(smtp.count(), 1);
    }

    async fn neither_the_queue_nor_the_log_holds_address_or_ticket(database) {
        let smtp = SmtpServer::start(Mood::Refusing(450)).await;
        let server = smtp.server(&database).start().await;
        // Not the address in the banner.
        let email = "countess@example.org";
        let body = json!({ "email": email, "password": PASSWORD });
        server.post("/signup/email-password", &body).await.expect(200);
        server.post("/signin/otp/email", &json!({ "email": email })).await.expect(200);

        let row = "purpose || template || payload || last_error || coalesce(ticket_hash, '')";
        let sealed = format!("{QUEUED} WHERE payload LIKE 'v1:%'");
        let open = format!(
            "{QUEUED} WHERE {row} LIKE '%countess%' OR {row} LIKE '%example%' \
             OR {row} LIKE '%verifyEmail:%' OR {row} LIKE '%://%'"
        );
        assert_eq!(database.count(&sealed).await, 2);
        assert_eq!(database.count(&open).await, 0);
        let log = server.output();
        assert!(log.contains("a message was not handed over"), "{log}");
        assert!(log.contains("email-verify") && log.contains("450"), "{log}");
        assert!(!log.contains(email) && !log.contains("verifyEmail:"), "{log}");
    }

    async fn an_operator_sees_what_waits_and_has_it_tried_again(database) {
        let smtp = SmtpServer::start(Mood::Refusing(450)).await;
        let builder = smtp.server(&database);
        let server = builder.clone().start().await;
        assert_eq!(command(&builder, "messages list").await, (true, "no message waits\n".to_owned()));
        let body = json!({ "email": ADA, "password": PASSWORD });
        server.post("/signup/email-password", &body).await.expect(200);
        waiting(&database, 1).await;
        let later = "UPDATE auth.queued_messages SET next_attempt_at = expires_at";
        database.execute(later).await;

        let (listed, list) = command(&builder, "messages list").await;
        smtp.becomes(Mood::Well);
        let line = list.lines().nth(1).unwrap_or_default();
        let id = line.split_whitespace().next().unwrap_or_default();
        let unknown = "messages retry 7d3c5ad4-61b5-4f07-9d7f-4c3f4d0a5e1e";
        let refused = command(&builder, unknown).await;
        assert_eq!(smtp.count(), 0);
        let retried = command(&builder, &format!("messages retry {id}")).await;

        assert!(listed, "{list}");
        assert_eq!(list.lines().count(), 2, "{list}");
        for shown in ["mail", "email-verify", "a…@example.com", "RCPT TO", "450"] {
            assert!(line.contains(shown), "no {shown} in {line}");
        }
        assert!(!list.contains(ADA) && !list.contains("verifyEmail:"), "{list}");
        assert!(!refused.0, "{}", refused.1);
        assert_eq!(retried, (true, format!("due now: {id}\n")));
        smtp.mail_to(ADA).await;
        queued(&database, 0).await;
        let nothing = command(&builder, "messages retry --all").await;
        assert_eq!(nothing, (true, "due now: 0\n".to_owned()));
    }

    async fn a_text_message_that_was_not_taken_is_told_and_tried_again(database) {
        let phones = Phones::answering(503).await;
        let server = phones.server(&database).start().await;

        let asked = server.ask_for_text(NUMBER).await;

        let message = "Cannot send SMS, check your phone number is correct";
        asked.expect_error(400, "cannot-send-sms", message);
        waiting(&database, 1).await;
        time_passes(&database).await;
        phones.arrived(2).await;
        let messages = phones.messages();
        assert_eq!(messages[0], messages[1], "it is the same code");
        let list = command(&phones.server(&database), "messages list").await.1;
        assert!(list.contains("text message") && !list.contains(NUMBER), "{list}");
    }

    async fn a_text_message_that_is_refused_for_good_is_not_tried_again(database) {
        let phones = Phones::answering(400).await;
        let server = phones.server(&database).start().await;

        let asked = server.ask_for_text(NUMBER).await;

        let message = "Cannot send SMS, check your phone number is correct";
        asked.expect_error(400, "cannot-send-sms", message);
        assert_eq!(database.count(QUEUED).await, 0);
    }
}
