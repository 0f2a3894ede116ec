//! The requests of a place, and a request with the reader of its answer.

use serde_json::Value;

use super::Place;
use crate::base::http::{Method, Request, Url};

/// The reader of an answer's JSON; it returns none for another form.
pub type AnswerReader<T> = Box<dyn Fn(&Value) -> Option<T>>;

/// A request, with the reader of its answer.
pub struct RequestFor<T> {
    /// The request.
    pub request: Request,
    /// The reader of the answer.
    pub read: AnswerReader<T>,
    /// The permission that it needs, if it is another one than that for comments.
    pub needs: Option<&'static str>,
}

impl<T> RequestFor<T> {
    /// A request whose answer is read by `read`.
    pub(super) fn new(request: Request, read: impl Fn(&Value) -> Option<T> + 'static) -> Self {
        Self { request, read: Box::new(read), needs: None }
    }

    /// The request with the permission `needs`, unless it names another one itself.
    #[must_use]
    pub(super) fn needing_by_default(self, needs: &'static str) -> Self {
        Self { needs: self.needs.or(Some(needs)), ..self }
    }
}

impl Place {
    /// A request that reads `path` of the API.
    pub(super) fn get_request(&self, path: &str) -> Request {
        self.signed(Request::get(self.url(path)))
    }

    /// A request that sends `body` to `path` of the API.
    pub(super) fn body_request(&self, method: Method, path: &str, body: &Value) -> Request {
        self.signed(Request::json(method, self.url(path), body))
    }

    /// A request that deletes `path` of the API.
    pub(super) fn delete_request(&self, path: &str) -> Request {
        self.signed(Request { method: Method::DELETE, ..Request::get(self.url(path)) })
    }

    /// The forge's host, as the addresses of its pages have it: with the port if it is not the scheme's own.
    pub fn host(&self) -> String {
        let host = self.api.host_str().unwrap_or_default();
        let of_pages = host.strip_prefix("api.").filter(|host| self.forge.is_host(host));
        let host = of_pages.unwrap_or(host);
        self.api.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }

    /// The request with the token and the forge's headers.
    pub fn signed(&self, request: Request) -> Request {
        Request {
            authorization: Some(self.forge.authorization(&self.token)),
            headers: self.forge.headers().to_vec(),
            metered: true,
            ..request
        }
    }

    /// The address of `path`. The paths are made here, with every foreign part encoded, so they are always valid.
    pub(super) fn url(&self, path: &str) -> Url {
        self.api.join(path).unwrap_or_else(|_| self.api.clone())
    }
}
