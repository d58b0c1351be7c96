//! `demo`: README command 1, without set-up and network, ending by itself here.

use std::net::TcpListener;

use crate::house::House;

#[test]
fn it_tells_the_whole_story_even_where_its_ports_are_taken() {
    let house = House::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    let ran = house.run(&["demo", "--exit", "--smtp", &taken, "--http", &taken]).done();
    assert!(ran.err.contains("another free port is used"), "{}", ran.err);
    for words in [
        "3 captured",
        "message for order 111-8836015-1190427: planned → withdrawn: opted_out",
        "message for order 304-6671190-2258834: planned → withdrawn: opted_out",
        "message for order 113-7720416-5093348: planned → withdrawn: refunded",
        "read as not_amazon",
        "outcome: repeated",
        "message for order 112-6094471-2205831: refused: opted_out",
        "all in order",
        "/welcome#",
    ] {
        assert!(ran.out.contains(words), "{words:?} is not told in\n{}", ran.out);
    }
    let forgery = ran.out.split("A forgery").nth(1).unwrap().split("The first notice").next().unwrap();
    assert!(forgery.contains("no message changed"), "{forgery}");
    assert!(!house.data().exists(), "the demo touched an installation in use");
}

#[test]
fn its_steps_are_objects_under_json_and_its_folder_can_be_named_and_looked_into() {
    let house = House::new();
    let folder = house.path("demo");
    let folder = folder.to_str().unwrap();
    let ports = ["--smtp", "127.0.0.1:0", "--http", "127.0.0.1:0"];
    let ran = house.run(&[&["demo", "--exit", "--json", "--data", folder], &ports[..]].concat()).done();
    let steps = ran.objects();
    let keys = |step: &serde_json::Value| step.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert!(steps.len() > 10 && steps.iter().all(|step| keys(step) == ["link", "step", "title", "told", "url"]));
    assert!(steps.last().unwrap()["link"].is_string());
    let explained =
        house.objects(&["explain", "112-6094471-2205831", "--account", "blue-widgets", "--data", folder]).remove(0);
    assert!(explained["summary"].as_str().unwrap().contains("opted out"), "{explained}");
    house.run(&[&["demo", "--exit", "--data", folder], &ports[..]].concat()).refuses(2, "holds accounts already");
}
