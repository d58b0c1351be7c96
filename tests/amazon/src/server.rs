//! The server: HTTP/1.1 on 127.0.0.1, in a thread with a runtime of its own, until the stand-in is dropped.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http_body_util::{BodyExt as _, Limited, StreamBody};
use hyper::body::{Bytes, Frame, Incoming};
use hyper::header::HeaderValue;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};

use crate::answer::{Answer, Ending};
use crate::calls::Asked;
use crate::routes::{pairs, route};
use crate::{Clock, Shop};

/// The longest body that is taken, in bytes: that of an upload and a little.
const LONGEST: usize = 11_000_000;

/// A running stand-in.
pub struct StandIn {
    address: SocketAddr,
    shop: Arc<Mutex<Shop>>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl StandIn {
    /// Starts one at a free port.
    ///
    /// # Errors
    /// Where this machine gives no port or no thread.
    pub fn start(clock: Clock) -> io::Result<Self> {
        Self::start_at(SocketAddr::from(([127, 0, 0, 1], 0)), clock)
    }

    /// Starts one at an address of this machine.
    ///
    /// # Errors
    /// Where the address is not of this machine or is taken.
    pub fn start_at(address: SocketAddr, clock: Clock) -> io::Result<Self> {
        if !address.ip().is_loopback() {
            return Err(io::Error::other("a stand-in listens on this machine only"));
        }
        let listener = std::net::TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let shop = Arc::new(Mutex::new(Shop { base: format!("http://{address}"), ..Shop::default() }));
        let (stop, stopped) = oneshot::channel();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let own = Arc::clone(&shop);
        let serve = async move {
            let Ok(listener) = TcpListener::from_std(listener) else { return };
            tokio::select! {
                () = accept(listener, own, clock) => {}
                _ = stopped => {}
            }
        };
        let thread =
            std::thread::Builder::new().name("amazon stand-in".to_owned()).spawn(move || runtime.block_on(serve))?;
        Ok(Self { address, shop, stop: Some(stop), thread: Some(thread) })
    }

    /// Where it is, as `http://127.0.0.1:port`.
    pub fn base(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Its shop, held while the guard lives; no call is answered meanwhile.
    pub fn shop(&self) -> MutexGuard<'_, Shop> {
        lock(&self.shop)
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn lock(shop: &Mutex<Shop>) -> MutexGuard<'_, Shop> {
    shop.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn accept(listener: TcpListener, shop: Arc<Mutex<Shop>>, clock: Clock) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(serve(stream, Arc::clone(&shop), clock.clone()));
    }
}

async fn serve(stream: TcpStream, shop: Arc<Mutex<Shop>>, clock: Clock) {
    let service = service_fn(move |request| {
        let (shop, clock) = (Arc::clone(&shop), clock.clone());
        async move {
            let answer = respond(request, &shop, &clock).await?;
            tokio::time::sleep(answer.after).await;
            if answer.ending == Ending::Nothing { Err(io::Error::other("cut")) } else { Ok(written(answer)) }
        }
    });
    // An end on purpose is an error here, too.
    let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

async fn respond(request: Request<Incoming>, shop: &Mutex<Shop>, clock: &Clock) -> io::Result<Answer> {
    let (head, body) = request.into_parts();
    let body = Limited::new(body, LONGEST).collect().await.map_err(io::Error::other)?.to_bytes();
    let header = |(name, value): (&hyper::header::HeaderName, &HeaderValue)| {
        (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    let headers: Vec<(String, String)> = head.headers.iter().map(header).collect();
    let query = pairs(head.uri.query().unwrap_or_default());
    let asked =
        Asked { method: head.method.as_str(), path: head.uri.path(), query: &query, headers: &headers, body: &body };
    Ok(route(&mut lock(shop), &asked, clock.now()))
}

type Piece = Result<Frame<Bytes>, io::Error>;
type Pieces = StreamBody<Receiving>;

fn written(answer: Answer) -> Response<Pieces> {
    let (send, receive) = mpsc::channel::<Piece>(2);
    let body = Bytes::from(answer.body);
    let mut response = Response::new(StreamBody::new(Receiving(receive)));
    *response.status_mut() = hyper::StatusCode::from_u16(answer.status).unwrap_or_default();
    for (name, value) in answer.headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(name, value);
        }
    }
    if matches!(answer.ending, Ending::Whole | Ending::Half) {
        response.headers_mut().insert(hyper::header::CONTENT_LENGTH, HeaderValue::from(body.len()));
    }
    let ending = answer.ending;
    tokio::spawn(async move {
        match ending {
            Ending::Whole | Ending::Nothing => {
                let _ = send.send(Ok(Frame::data(body))).await;
            }
            Ending::Half => {
                let _ = send.send(Ok(Frame::data(body.slice(..body.len() / 2)))).await;
                // Long enough for the half to be on its way.
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
                let _ = send.send(Err(io::Error::other("cut"))).await;
            }
            Ending::Endless => {
                let zeros = Bytes::from(vec![b' '; 65_536]);
                while send.send(Ok(Frame::data(zeros.clone()))).await.is_ok() {}
            }
        }
    });
    response
}

/// The pieces of a body as a stream.
struct Receiving(mpsc::Receiver<Piece>);

impl futures_util::Stream for Receiving {
    type Item = Piece;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Piece>> {
        self.0.poll_recv(context)
    }
}
