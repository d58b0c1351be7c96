//! The stand-in as a program, for trying by hand: `amazon_stand_in [port]`. It has one invented seller and prints how to ask.

use std::net::SocketAddr;

use amazon_stand_in::{Account, Clock, Order, StandIn};
use model::{Marketplace, Span, Timestamp};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let port: u16 = std::env::args().nth(1).map_or(Ok(0), |port| port.parse())?;
    let now = Timestamp::from_clock();
    let stand_in = StandIn::start_at(SocketAddr::from(([127, 0, 0, 1], port)), Clock::speeded(now, 1))?;
    let account = Account {
        name: "shop".to_owned(),
        application: ("stand-in-application".to_owned(), "stand-in-secret".to_owned()),
        refresh_token: "stand-in-refresh-token".to_owned(),
        stores: vec![Marketplace::De],
    };
    stand_in.shop().add_account(account);
    for number in 1..=5 {
        let order_id = format!("302-0000000-000000{number}").parse()?;
        stand_in.shop().put_order("shop", Order::shipped(order_id, Marketplace::De, now.minus(Span::hours(number))));
    }
    println!("A stand-in for Amazon's API answers at {}; nothing here is Amazon.", stand_in.base());
    println!("client id stand-in-application, client secret stand-in-secret, refresh token stand-in-refresh-token");
    loop {
        std::thread::park();
    }
}
