use super::*;

fn parse(text: &str) -> PostgresUrl {
    PostgresUrl::parse(text).unwrap()
}

fn refused(text: &str) -> String {
    let error = PostgresUrl::parse(text).unwrap_err();
    assert!(
        !format!("{error} {error:?}").contains("s3cret"),
        "{error:?}"
    );
    error.to_string()
}

fn places(url: &PostgresUrl) -> Vec<String> {
    url.servers().iter().map(ToString::to_string).collect()
}

#[test]
fn every_part_of_a_url_is_read() {
    let url = parse("postgresql://ada:s3cret@db.example:6432/auth?application_name=a%20b");

    assert_eq!(url.session().get_user(), Some("ada"));
    assert_eq!(url.session().get_password(), Some(&b"s3cret"[..]));
    assert_eq!(url.session().get_dbname(), Some("auth"));
    assert_eq!(url.session().get_application_name(), Some("a b"));
    assert_eq!(places(&url), ["db.example:6432"]);
}

#[test]
fn what_is_left_out_has_the_usual_value() {
    let url = parse("postgres://localhost");

    assert_eq!(url.session().get_user(), None);
    assert_eq!(url.session().get_password(), None);
    assert_eq!(url.session().get_application_name(), Some("hasura-auth"));
    assert_eq!(url.connect_timeout(), Duration::from_secs(5));
    assert_eq!(places(&url), ["localhost:5432"]);
    assert!(!url.transaction_pooler());
}

#[test]
fn a_socket_is_named_by_its_folder() {
    let in_query = parse("postgres://postgres@/postgres?host=%2Ftmp%2Fpg");
    let in_authority = parse("postgres://postgres@%2Ftmp%2Fpg/postgres");

    let socket = Server {
        host: Host::Unix("/tmp/pg".into()),
        address: None,
        port: 5432,
    };
    assert_eq!(in_query.servers(), std::slice::from_ref(&socket));
    assert_eq!(in_authority.servers(), [socket]);
}

#[test]
fn tokio_postgres_reads_a_socket_the_same_way() {
    let text = "postgres://postgres@/postgres?host=%2Ftmp%2Fpg";

    let theirs: Config = text.parse().unwrap();

    assert_eq!(theirs.get_hosts(), [Host::Unix("/tmp/pg".into())]);
    assert_eq!(theirs.get_dbname(), parse(text).session().get_dbname());
}

#[test]
fn several_hosts_are_tried_in_their_order() {
    let url = parse("postgres://a:1,b,[::1]:3/db");

    assert_eq!(places(&url), ["a:1", "b:5432", "[::1]:3"]);
}

#[test]
fn hosts_of_the_query_replace_those_before_the_database() {
    assert_eq!(places(&parse("postgres://a:7/db?host=b")), ["b:7"]);
    assert_eq!(
        places(&parse("postgres://a/db?host=b,c&port=1,2")),
        ["b:1", "c:2"]
    );
    assert_eq!(
        places(&parse("postgres:///db?host=b&host=c&port=9")),
        ["b:9", "c:9"]
    );
}

#[test]
fn an_address_saves_looking_up_the_host() {
    let url = parse("postgres://db.example/auth?hostaddr=192.0.2.7");

    let address = "192.0.2.7".parse().unwrap();
    assert_eq!(url.servers().first().unwrap().address, Some(address));
    assert_eq!(places(&url), ["db.example:5432"]);
    assert_eq!(
        places(&parse("postgres:///auth?hostaddr=192.0.2.7")),
        ["192.0.2.7:5432"]
    );
}

#[test]
fn a_random_order_still_tries_every_host() {
    let url = parse("postgres://a,b,c/db?load_balance_hosts=random");

    let mut tried = places(&url);
    tried.sort();

    assert_eq!(tried, ["a:5432", "b:5432", "c:5432"]);
}

#[test]
fn rotating_starts_anywhere_and_keeps_the_order() {
    let mut servers = parse("postgres://a,b,c/db").servers();

    rotate(&mut servers, 7);

    let order: Vec<String> = servers.iter().map(ToString::to_string).collect();
    assert_eq!(order, ["b:5432", "c:5432", "a:5432"]);
}

#[test]
fn passwords_are_decoded() {
    let url = parse("postgres://ada:a%2Fb%25%C3%A9+c@db/auth");

    assert_eq!(url.session().get_password(), Some("a/b%é+c".as_bytes()));
}

#[test]
fn passwords_that_are_not_encoded_are_read_as_go_and_libpq_do() {
    let with_at = parse("postgres://ada:p@ss:word@db/auth");
    let with_question_mark = parse("postgres://ada:p?ss@db/auth");
    let with_hash = parse("postgres://ada:p#ss@db/auth");

    assert_eq!(with_at.session().get_password(), Some(&b"p@ss:word"[..]));
    assert_eq!(
        with_question_mark.session().get_password(),
        Some(&b"p?ss"[..])
    );
    assert_eq!(with_hash.session().get_password(), Some(&b"p#ss"[..]));
    assert_eq!(places(&with_at), ["db:5432"]);
    assert_eq!(places(&with_question_mark), ["db:5432"]);
}

#[test]
fn an_at_sign_in_a_parameter_is_not_the_end_of_a_password() {
    let url = parse("postgres://ada:s3cret@db/auth?application_name=me@home");

    assert_eq!(url.session().get_application_name(), Some("me@home"));
    assert_eq!(url.session().get_user(), Some("ada"));
}

#[test]
fn errors_name_the_parameter_and_not_the_password() {
    assert_eq!(
        refused("postgres://ada:s3cret@db/auth?sslmod=require"),
        "the PostgreSQL URL has the parameter `sslmod`, which is not supported; leave it out"
    );
    assert_eq!(
        refused("postgres://ada:s3cret@db/auth?ssl=true"),
        "the PostgreSQL URL has the parameter `ssl`, which libpq does not know; \
         write `sslmode=require` or `sslmode=disable`"
    );
    assert_eq!(
        refused("postgres://ada:s3cret@db/auth?sslmode=maybe"),
        "the parameter `sslmode` of the PostgreSQL URL must be disable, allow, prefer, \
         require, verify-ca or verify-full"
    );
    assert_eq!(
        refused("postgres://ada:s3cret@db/auth?connect_timeout=soon"),
        "the parameter `connect_timeout` of the PostgreSQL URL must be a number of seconds"
    );
}

#[test]
fn a_password_with_a_bare_slash_is_not_shown() {
    let message = refused("postgres://ada:s3cret/rest@db/auth");

    assert!(message.contains("`/` is written `%2F`"), "{message}");
}

#[test]
fn a_password_taken_for_a_parameter_is_not_shown() {
    refused("postgres://ada:pw/x?S3cret-s3cret=1@db/auth");
    refused("postgres://ada:%zzs3cret@db/auth");
}

#[test]
fn a_url_of_something_else_is_refused() {
    for text in [
        "",
        "mysql://ada:s3cret@db/auth",
        "host=db password=s3cret",
        "postgres:db",
    ] {
        assert!(
            refused(text).starts_with("a PostgreSQL URL begins with"),
            "{text}"
        );
    }
}

#[test]
fn a_url_without_a_host_is_refused() {
    for text in [
        "postgres://",
        "postgres:///auth",
        "postgres://ada@/auth",
        "postgres://a,/auth",
    ] {
        assert!(
            refused(text).starts_with("the PostgreSQL URL names no host"),
            "{text}"
        );
    }
}

#[test]
fn ports_and_addresses_must_fit_the_hosts() {
    for text in [
        "postgres://a,b,c/db?port=1,2",
        "postgres://a,b/db?hostaddr=192.0.2.7",
    ] {
        assert!(refused(text).contains("for each of its hosts"), "{text}");
    }
    for text in [
        "postgres://a:0/db",
        "postgres://a:65536/db",
        "postgres://[::1/db",
    ] {
        assert!(
            refused(text).contains("host or port that cannot be read"),
            "{text}"
        );
    }
}

#[test]
fn pgx_and_libpq_parameters_without_meaning_here_are_skipped() {
    let url = parse(
        "postgres://db/auth?pool_max_conns=10&pool_max_conn_lifetime=1h&krbsrvname=x\
         &client_encoding=UTF8&gssencmode=disable&statement_cache_capacity=0",
    );

    assert_eq!(places(&url), ["db:5432"]);
}

#[test]
fn every_other_parameter_is_a_setting_of_the_server_as_in_pgx() {
    let options = |query: &str| {
        let url = parse(&format!("postgres://db/auth?{query}"));
        url.session().get_options().map(str::to_owned)
    };

    assert_eq!(
        options("search_path=auth,public&statement_timeout=5000&TimeZone=UTC").as_deref(),
        Some("-c search_path=auth,public -c statement_timeout=5000 -c TimeZone=UTC")
    );
    assert_eq!(
        options("search_path=%22my%20own%22,a%5Cb&options=-c%20geqo=off&app.tenant=x").as_deref(),
        Some(r#"-c geqo=off -c search_path="my\ own",a\\b -c app.tenant=x"#)
    );
}

#[test]
fn a_parameter_cannot_bring_a_second_setting() {
    let url = parse("postgres://db/auth?search_path=auth%20-c%20role=postgres");

    assert_eq!(
        url.session().get_options(),
        Some(r"-c search_path=auth\ -c\ role=postgres")
    );
}

#[test]
fn a_restriction_that_cannot_be_kept_is_refused() {
    for restriction in [
        "sslcrl=x.crl",
        "sslcrldir=/x",
        "require_auth=scram-sha-256",
        "requirepeer=postgres",
        "gssencmode=require",
    ] {
        let message = refused(&format!("postgres://db/auth?{restriction}"));

        let (name, _) = restriction.split_once('=').unwrap();
        assert!(message.contains(&format!("`{name}`")), "{message}");
    }
}

#[test]
fn what_tokio_postgres_understands_is_passed_on() {
    let url = parse(
        "postgres://db/auth?target_session_attrs=read-write&channel_binding=require\
         &keepalives=0&keepalives_idle=7&tcp_user_timeout=1500&options=-c%20search_path%3Dauth",
    );

    let session = url.session();
    assert_eq!(
        session.get_target_session_attrs(),
        TargetSessionAttrs::ReadWrite
    );
    assert_eq!(session.get_channel_binding(), ChannelBinding::Require);
    assert_eq!(session.get_options(), Some("-c search_path=auth"));
    let tcp = Tcp {
        keepalives: false,
        idle: Duration::from_secs(7),
        user_timeout: Some(Duration::from_millis(1500)),
        ..Tcp::default()
    };
    assert_eq!(*url.tcp(), tcp);
}

#[test]
fn a_dead_host_is_noticed_unless_the_url_says_otherwise() {
    let silent = parse("postgres://db/auth");
    let zeros = parse(
        "postgres://db/auth?tcp_user_timeout=0&keepalives_idle=0&keepalives_interval=0\
         &keepalives_count=0",
    );
    let all = parse(
        "postgres://db/auth?tcp_user_timeout=1&keepalives_idle=2&keepalives_interval=3\
         &keepalives_count=4",
    );

    assert_eq!(*silent.tcp(), Tcp::default());
    let without_limit = Tcp {
        user_timeout: None,
        ..Tcp::default()
    };
    assert_eq!(*zeros.tcp(), without_limit);
    let set = Tcp {
        user_timeout: Some(Duration::from_millis(1)),
        keepalives: true,
        idle: Duration::from_secs(2),
        interval: Duration::from_secs(3),
        retries: 4,
    };
    assert_eq!(*all.tcp(), set);
}

#[test]
fn an_application_name_wins_over_its_fallback() {
    let both = parse("postgres://db/auth?fallback_application_name=a&application_name=b");
    let fallback = parse("postgres://db/auth?fallback_application_name=a");

    assert_eq!(both.session().get_application_name(), Some("b"));
    assert_eq!(fallback.session().get_application_name(), Some("a"));
}

#[test]
fn a_connect_timeout_of_zero_means_the_default() {
    let zero = parse("postgres://db/auth?connect_timeout=0");
    let three = parse("postgres://db/auth?connect_timeout=3");

    assert_eq!(zero.connect_timeout(), Duration::from_secs(5));
    assert_eq!(three.connect_timeout(), Duration::from_secs(3));
}

#[test]
fn a_transaction_pooler_is_announced_in_our_words_or_those_of_pgx() {
    assert!(parse("postgres://db/auth?pgbouncer=true").transaction_pooler());
    assert!(parse("postgres://db/auth?default_query_exec_mode=exec").transaction_pooler());
    assert!(!parse("postgres://db/auth?pgbouncer=false").transaction_pooler());
    assert!(!parse("postgres://db/a?default_query_exec_mode=cache_statement").transaction_pooler());
    assert!(refused("postgres://db/auth?pgbouncer=maybe").contains("must be true or false"));
}

#[test]
fn neither_display_nor_debug_shows_the_password() {
    let url = parse("postgres://ada:s3cret@a,b:1/auth?sslmode=require&pgbouncer=true");

    assert_eq!(
        url.display(),
        "postgres://ada@a:5432,b:1/auth?sslmode=require&pgbouncer=true"
    );
    assert!(!format!("{url:?}").contains("s3cret"));
}

#[test]
fn a_displayed_socket_can_be_read_again() {
    let url = parse("postgres://ada@/auth?host=/run/pg&port=6432");

    assert_eq!(
        url.display(),
        "postgres://ada@%2Frun%2Fpg:6432/auth?sslmode=prefer"
    );
    assert_eq!(parse(&url.display()).servers(), url.servers());
}

#[test]
fn capital_letters_in_a_name_are_told_for_what_they_are() {
    for query in ["sslMode=require", "SSLMODE=require", "Secret"] {
        let error = PostgresUrl::parse(&format!("postgres://db/x?{query}")).unwrap_err();

        assert!(
            matches!(error, InvalidPostgresUrl::Capital),
            "{query}: {error}"
        );
        assert!(error.to_string().contains("capital letters"), "{error}");
        assert!(!error.to_string().contains("Secret"), "{error}");
    }
}
