//! A stand-in with one account and a courier to it.

use std::time::Duration;

use amazon::sign_in::{Application, RefreshToken, Renewal};
use amazon::{Endpoint, Region};
use amazon_stand_in::{Account, Clock, Order, StandIn};
use connection::TrustedRoots;
use courier::{Courier, Proxies, Timeouts};
use model::sender::Secret;
use model::{Marketplace, OrderId, Span, Timestamp};

pub const REFRESH: &str = "refresh-very-secret";

pub fn now() -> Timestamp {
    "2026-08-20T12:00:00Z".parse().unwrap()
}

pub fn order() -> OrderId {
    "302-1111111-2222222".parse().unwrap()
}

pub fn courier_within(time: Duration) -> Courier {
    let agent = amazon::user_agent("0.0.0", "test");
    Courier::new(TrustedRoots::public().unwrap(), agent, Proxies::default(), Timeouts::each(time))
}

pub struct Stage {
    pub stand_in: StandIn,
    pub clock: Clock,
    pub endpoint: Endpoint,
    pub courier: Courier,
    pub token: Secret,
}

impl Stage {
    pub async fn new() -> Self {
        let clock = Clock::by_hand(now());
        let stand_in = StandIn::start(clock.clone()).unwrap();
        stand_in.shop().add_account(Account {
            name: "shop".to_owned(),
            application: ("app".to_owned(), "client-very-secret".to_owned()),
            refresh_token: REFRESH.to_owned(),
            stores: vec![Marketplace::De, Marketplace::Fr],
        });
        let mut sold = Order::shipped(order(), Marketplace::De, now().minus(Span::hours(1)));
        sold.alias = Some("abc12def34ghi56@marketplace.amazon.de".to_owned());
        stand_in.shop().put_order("shop", sold);
        let endpoint = Endpoint::stand_in(Region::Europe, &stand_in.base()).unwrap();
        let courier = courier_within(Duration::from_secs(20));
        let token = Secret::new(String::new());
        let mut stage = Self { stand_in, clock, endpoint, courier, token };
        stage.token = stage.sign_in().await;
        stage
    }

    pub async fn sign_in(&self) -> Secret {
        let (application, refresh) = credentials();
        let renewal = Renewal { application: &application, refresh_token: &refresh };
        self.courier.sign_in(&renewal, &self.endpoint).await.unwrap().unwrap().secret
    }
}

pub fn credentials() -> (Application, RefreshToken) {
    let application = Application::new("app", &Secret::new("client-very-secret".to_owned())).unwrap();
    (application, RefreshToken::new(&Secret::new(REFRESH.to_owned())).unwrap())
}
