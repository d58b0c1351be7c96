//! What stands before every page: names of this host, foreign pages, and the headers of every answer.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use web::routes;

use crate::app::{HOST, TestApp};

#[tokio::test]
async fn only_known_names_of_this_host_are_answered() {
    let app = TestApp::with(|settings| settings.allowed_hosts.push("abide.example".into())).await;
    let ask = |host: &'static str| {
        app.ask(Request::builder().uri("/sign-in").header("host", host).body(Body::empty()).unwrap())
    };
    for host in [HOST, "localhost:8080", "[::1]:8080", "abide.example", "LOCALHOST:8080"] {
        assert_eq!(ask(host).await.status, StatusCode::OK, "{host}");
    }
    for host in ["evil.example", "evil.example:8080", "localhost", "localhost:8081", "127.0.0.1.evil.example:8080", ""]
    {
        assert_eq!(ask(host).await.status, StatusCode::MISDIRECTED_REQUEST, "{host}");
    }
    let nameless = Request::builder().uri("/sign-in").body(Body::empty()).unwrap();
    assert_eq!(app.ask(nameless).await.status, StatusCode::MISDIRECTED_REQUEST);
}

#[tokio::test]
async fn a_change_from_a_foreign_page_is_refused_even_with_the_right_token() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    let token = owner.token().await;
    let send = |name: &'static str, value: &'static str| {
        let request = owner.request("POST", "/a/blue-widgets/opt-outs/add").header(name, value);
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        app.ask(request.body(Body::from(format!("token={token}&target=111-1234567-1234567"))).unwrap())
    };
    for (name, value) in [
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("origin", "http://127.0.0.1:9999"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ] {
        assert_eq!(send(name, value).await.status, StatusCode::FORBIDDEN, "{name}: {value}");
    }
    assert_eq!(send("origin", "http://127.0.0.1:8080").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn every_answer_forbids_the_browser_to_load_or_frame_anything() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    let mut paths: Vec<String> = routes().iter().map(|route| route.path.replace("{handle}", "blue-widgets")).collect();
    paths.push("/no/such/page".into());
    for path in paths {
        for path in [path.replace("{order}", "111-1234567-1234567"), path.replace(['{', '}'], "x")] {
            let answer = owner.get(&path).await;
            let policy = answer.header("content-security-policy");
            assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self'"), "{path}");
            assert!(!policy.contains("unsafe"), "{path}");
            assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
            assert_eq!(answer.header("cross-origin-opener-policy"), "same-origin", "{path}");
            assert_eq!(answer.header("referrer-policy"), "same-origin", "{path}");
            assert_eq!(answer.header("cache-control"), "no-store", "{path}");
            assert!(!answer.body.contains("<script>") && !answer.body.contains(" style="), "{path}");
            assert!(!answer.body.contains(" onclick="), "{path}");
        }
    }
}

#[tokio::test]
async fn the_style_is_kept_by_browsers_and_a_page_is_light() {
    let app = TestApp::new().await;
    let owner = app.owner().await;
    let page = owner.get("/a/blue-widgets").await.body;
    let mut bytes = page.len();
    let links = page.split(['"', '\'']).filter(|text| text.starts_with("/assets/"));
    for link in links.collect::<std::collections::BTreeSet<_>>() {
        let asset = app.stranger().get(link).await;
        assert_eq!(asset.status, StatusCode::OK, "{link}");
        assert!(asset.header("cache-control").contains("immutable"));
        assert_eq!(asset.header("set-cookie"), "");
        bytes += asset.body.len();
    }
    assert!(bytes < 60_000, "{bytes} bytes");
}

#[tokio::test]
async fn a_form_larger_than_any_of_ours_is_refused() {
    let app = TestApp::new().await;
    let long = "x".repeat(100 * 1024);
    let answer = app.owner().await.post("/a/blue-widgets/opt-outs/search", &[("q", &long)]).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
}
