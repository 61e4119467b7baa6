//! Several requests in one go.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio_postgres::Error;

/// What waits for an answer of the server's.
pub(super) type Work<'a, T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send + 'a>>;

/// A request, or what became of it.
enum Request<'a, T> {
    Waiting(Work<'a, T>),
    Done(Result<T, Error>),
}

/// Several requests at once: each is sent when it is first polled, in order.
struct Together<'a, T> {
    requests: Vec<Request<'a, T>>,
    sent: bool,
}

// What is inside is never pinned in place: the futures are in boxes.
impl<T> Unpin for Together<'_, T> {}

impl<T> Future for Together<'_, T> {
    type Output = Vec<Result<T, Error>>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let (mut pending, first) = (false, !self.sent);
        self.sent = true;
        let mut unsent = None;
        for (place, request) in self.requests.iter_mut().enumerate() {
            let Request::Waiting(work) = request else { continue };
            let Poll::Ready(answer) = work.as_mut().poll(context) else {
                pending = true;
                continue;
            };
            // What the server says came after it was sent.
            let failed = first && answer.as_ref().is_err_and(|error| error.as_db_error().is_none());
            *request = Request::Done(answer);
            if failed {
                unsent = Some(place);
                break;
            }
        }
        // A request that fails before it is sent: those after it must not be sent without it.
        if let Some(place) = unsent {
            self.requests.truncate(place.saturating_add(1));
        }
        if pending {
            return Poll::Pending;
        }
        let done = |request| match request {
            Request::Done(answer) => Some(answer),
            Request::Waiting(_) => None,
        };
        Poll::Ready(self.requests.drain(..).filter_map(done).collect())
    }
}

/// Sends requests without waiting in between, and waits for all answers. A request that cannot be
/// sent ends it: then the answers are fewer.
pub(super) async fn together<'a, T>(requests: Vec<Work<'a, T>>) -> Vec<Result<T, Error>> {
    Together { requests: requests.into_iter().map(Request::Waiting).collect(), sent: false }.await
}
