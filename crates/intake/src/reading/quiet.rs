//! A panic's message can quote the text it stumbled over, and a mail's text must not reach a log (law 8).

/// How the names of reading threads begin.
pub(super) const THREAD_NAME: &str = "reading";

/// Sets a panic hook that tells only the place of a panic on a reading thread; others are told as before.
/// To be called once, when the program starts.
pub fn hide_panics_of_readers() {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        let thread = std::thread::current();
        if thread.name().is_some_and(|name| name.starts_with(THREAD_NAME)) {
            let (file, line) = info.location().map_or(("", 0), |place| (place.file(), place.line()));
            tracing::error!(file, line, "a reader panicked; its message is hidden, since it may quote the mail");
        } else {
            before(info);
        }
    }));
}
