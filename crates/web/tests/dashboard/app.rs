//! The one helper of these tests: an installation with two accounts, and a browser for whoever looks at it.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode, header};
use model::explain::{CampaignExplanation, ExplainedStep, Explanation, PlannedAs};
use model::member::{Actor, Member, Role};
use model::{Account, Channel, Marketplace, Reason, Timestamp};
use store::{Database, Options, OutboxFilter, Store, SuppressionFilter};
use tempfile::TempDir;
use tower::ServiceExt;
use web::{Explain, WebSettings, WebState};

/// The name the dashboard is reached by.
pub const HOST: &str = "127.0.0.1:8080";

/// An installation.
pub struct TestApp {
    pub store: Arc<Store>,
    pub account: Account,
    pub router: Router,
    _folder: TempDir,
}

/// An answer, read to its end.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Where it leads to.
    pub fn location(&self) -> &str {
        assert_eq!(self.status, StatusCode::SEE_OTHER, "{}", self.body);
        self.header("location")
    }

    /// The token of the page's forms.
    pub fn token(&self) -> String {
        let start = self.body.find("name=\"token\" value=\"").expect("a form") + "name=\"token\" value=\"".len();
        self.body[start..].split('"').next().unwrap().to_owned()
    }

    /// The value that an answer gives a cookie.
    pub fn cookie(&self, name: &str) -> Option<String> {
        let all = self.headers.get_all(header::SET_COOKIE).iter().map(|value| value.to_str().unwrap());
        let mut mine = all.filter_map(|cookie| cookie.strip_prefix(&format!("{name}=")));
        mine.next_back().map(|rest| rest.split(';').next().unwrap().to_owned())
    }
}

impl TestApp {
    pub async fn new() -> Self {
        Self::with(|_| {}).await
    }

    pub async fn with(change: impl FnOnce(&mut WebSettings)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::Sqlite(folder.path().join("abide.db"));
        let options = Options { database, keys: folder.path().join("keys") };
        let store = Arc::new(Store::open(options).await.unwrap());
        let now = Timestamp::from_clock();
        let stores = vec![Marketplace::Us, Marketplace::De];
        let account = store.add_account("Blue Widgets".into(), "blue-widgets".parse().unwrap(), stores, now);
        let account = account.await.unwrap();
        let other = vec![Marketplace::De];
        store.add_account("Green Gadgets".into(), "green-gadgets".parse().unwrap(), other, now).await.unwrap();
        let mut settings = WebSettings::local(HOST.parse().unwrap(), "in.example.com");
        change(&mut settings);
        let router =
            web::router(WebState { store: Arc::clone(&store), settings, explain: explain(&store), reach: reach() });
        Self { store, account, router, _folder: folder }
    }

    /// A member of an account, signed in.
    pub async fn member(&self, handle: &str, role: Role) -> Browser<'_> {
        let account = self.store.account(&handle.parse().unwrap()).await.unwrap();
        let email = format!("{role}@{handle}.example");
        let now = Timestamp::from_clock();
        let added = self.store.add_member(account.id, &email, role, Actor::Operator, now).await.unwrap();
        self.signed_in(&added.member).await
    }

    pub async fn owner(&self) -> Browser<'_> {
        self.member("blue-widgets", Role::Owner).await
    }

    /// The owner that [`Self::owner`] made, signed in once more.
    pub async fn owner_again(&self) -> Browser<'_> {
        let member = self.store.member_by_email("owner@blue-widgets.example").await.unwrap().unwrap();
        self.signed_in(&member).await
    }

    /// The operator, signed in.
    pub async fn operator(&self) -> Browser<'_> {
        let member = self.store.add_operator("operator@example.com", "none".into(), Timestamp::from_clock()).await;
        self.signed_in(&member.unwrap()).await
    }

    /// A browser in which a member has just signed in.
    pub async fn signed_in(&self, member: &Member) -> Browser<'_> {
        let session = self.store.create_session(member.id, Timestamp::from_clock()).await.unwrap();
        Browser { app: self, cookie: format!("abide={session}") }
    }

    /// Nobody in particular.
    pub fn stranger(&self) -> Browser<'_> {
        Browser { app: self, cookie: String::new() }
    }

    pub async fn ask(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = to_bytes(response.into_body(), 50 * 1024 * 1024).await.unwrap();
        Answer { status, headers, body: String::from_utf8_lossy(&bytes).into_owned() }
    }
}

/// Whoever looks at the dashboard.
pub struct Browser<'a> {
    pub app: &'a TestApp,
    pub cookie: String,
}

impl Browser<'_> {
    pub async fn get(&self, path: &str) -> Answer {
        self.app.ask(self.request("GET", path).body(Body::empty()).unwrap()).await
    }

    /// A request with the browser's cookie, to be given a body.
    pub fn request(&self, method: &str, path: &str) -> axum::http::request::Builder {
        let request = Request::builder().method(method).uri(path).header("host", HOST);
        if self.cookie.is_empty() { request } else { request.header("cookie", &self.cookie) }
    }

    /// The token that this browser's forms bear, from a page that everybody may see.
    pub async fn token(&self) -> String {
        self.get("/welcome").await.token()
    }

    /// Sends a form with its token.
    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let token = self.token().await;
        let mut all = vec![("token", token.as_str())];
        all.extend_from_slice(fields);
        self.post_without_token(path, &all).await
    }

    pub async fn post_without_token(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let request = self.request("POST", path).header("content-type", "application/x-www-form-urlencoded");
        self.app.ask(request.body(Body::from(encoded(fields))).unwrap()).await
    }

    /// Sends a form with a file, its token first.
    pub async fn upload(&self, path: &str, fields: &[(&str, &str)], file: &[u8]) -> Answer {
        self.upload_named(path, fields, ("a.txt", file)).await
    }

    /// The same with a file of that name; none was chosen where it is empty.
    pub async fn upload_named(&self, path: &str, fields: &[(&str, &str)], file: (&str, &[u8])) -> Answer {
        let token = self.token().await;
        let mut all = vec![("token", token.as_str())];
        all.extend_from_slice(fields);
        self.multipart(path, &all, file).await
    }

    pub async fn upload_without_token(&self, path: &str, fields: &[(&str, &str)], file: &[u8]) -> Answer {
        self.multipart(path, fields, ("a.txt", file)).await
    }

    async fn multipart(&self, path: &str, fields: &[(&str, &str)], file: (&str, &[u8])) -> Answer {
        let (name, file) = file;
        let mut body = Vec::new();
        for (name, value) in fields {
            let part = format!("--edge\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
            body.extend_from_slice(part.as_bytes());
        }
        let head = format!(
            "--edge\r\ncontent-disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
             content-type: application/octet-stream\r\n\r\n"
        );
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(file);
        body.extend_from_slice(b"\r\n--edge--\r\n");
        let request = self.request("POST", path).header("content-type", "multipart/form-data; boundary=edge");
        self.app.ask(request.body(Body::from(body)).unwrap()).await
    }
}

fn encoded(fields: &[(&str, &str)]) -> String {
    let escape = |text: &str| {
        text.bytes()
            .map(
                |byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") },
            )
            .collect::<String>()
    };
    fields.iter().map(|(name, value)| format!("{}={}", escape(name), escape(value))).collect::<Vec<_>>().join("&")
}

/// Campaigns reach the one order that there is said to be, but for those whose text says otherwise.
fn reach() -> web::AskReach {
    std::sync::Arc::new(|_, campaign, _| {
        Box::pin(async move {
            let messages = u64::from(!campaign.name.contains("nobody"));
            let noes = std::collections::BTreeMap::from([(model::Reason::ConditionNotMet, 1 - messages)]);
            let noes = if messages == 1 { std::collections::BTreeMap::new() } else { noes };
            Ok(campaign::Reach { orders: 1, messages, noes, ..campaign::Reach::default() })
        })
    })
}

/// The program's own explanation is made on another floor; this one has all of its parts.
fn explain(store: &Arc<Store>) -> Explain {
    let store = Arc::clone(store);
    Arc::new(move |account, order_id, _| {
        let store = Arc::clone(&store);
        Box::pin(async move {
            let step = ExplainedStep {
                condition: "delay".into(),
                value: "7 days".into(),
                outcome: "waits",
                sentence: "Seven days after delivery have not passed yet.".into(),
            };
            let campaign = CampaignExplanation {
                campaign: "Ask for a <review>".into(),
                version: 1,
                state: model::CampaignState::Active,
                channel: Channel::Email,
                outcome: PlannedAs::Waits,
                reason: Some(Reason::NotDue),
                due: Some(Timestamp::from_clock()),
                closes: None,
                next_try: None,
                steps: vec![step],
            };
            Ok(Explanation {
                order_id,
                order: store.order(account, order_id).await?,
                summary: "It waits.".into(),
                suppressions: store.suppressions(account, SuppressionFilter::Order(order_id), None, 50).await?.rows,
                messaged_elsewhere: store.messaged_elsewhere(account, order_id).await?,
                messages: store.outbox(account, OutboxFilter::Order(order_id), None, 50).await?.rows,
                critical: store.critical_of_order(account, order_id).await?,
                campaigns: vec![campaign],
            })
        })
    })
}
