//! The rows that were added to a set beside its file, as objects beside the state of a self-managed backend: one for each customer,
//! created only if absent, and one for each request, by which the same request again is known.
//! `.stackstep/sets/<project>/<set>/rows/<hash>.json`, `…/requests/<hash>.json`

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::bucket::{Bucket, Creation, Names};
use super::open::{BackendKind, LedgerFor};
use crate::base::error::Problem;

/// The version of the form that this stackstep writes.
const FORM: u32 = 1;

/// A row that was added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddedRow {
    /// The version of the form.
    pub v: u32,
    /// The cell by which the row is told from the others.
    pub key: String,
    /// The cells by their columns.
    pub cells: BTreeMap<String, String>,
    /// The key of the request, hashed.
    pub request: String,
    /// The time of the request, in RFC 3339.
    pub time: String,
}

/// The outcome of adding a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowAdded {
    /// It is there now, or was there already with the same cells.
    Done,
    /// Another row was added with the same key of the request.
    OtherRequest,
    /// The customer is there with other cells.
    OtherCells,
}

/// The rows of a set in a bucket.
pub struct SetRows {
    bucket: Bucket,
    folder: String,
}

impl AddedRow {
    /// A row. `request` is the key of the request, of which only the hash is kept.
    pub fn new(key: &str, cells: BTreeMap<String, String>, request: &str, time: String) -> Self {
        Self { v: FORM, key: key.to_owned(), cells, request: short_hash(request), time }
    }

    fn is_same(&self, other: &Self) -> bool {
        self.key == other.key && self.cells == other.cells
    }
}

/// The hash by which a key is kept and named.
pub fn short_hash(key: &str) -> String {
    Sha256::digest(key.as_bytes())
        .iter()
        .take(16)
        .fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

impl SetRows {
    /// The rows of this set. None for a backend beside whose state nothing can be written. Sends nothing.
    ///
    /// # Errors
    /// It is not known how to reach the backend.
    pub fn open(of: &LedgerFor<'_>, set: &str) -> Result<Option<Self>, Problem> {
        let url = of.url.ok_or_else(|| Problem::new("the backend is not known", "set `cloud-url`"))?;
        let BackendKind::Objects = BackendKind::find(url) else { return Ok(None) };
        let folder = format!(".stackstep/sets/{}/{set}", of.project()?);
        Ok(Some(Self { bucket: of.bucket(url)?, folder }))
    }

    /// Adds a row.
    ///
    /// # Errors
    /// It is not known whether it was added.
    pub async fn add(&self, row: &AddedRow) -> Result<RowAdded, Problem> {
        let request = format!("{}/requests/{}.json", self.folder, row.request);
        if self.create(&request, row).await?.is_some_and(|there| !there.is_same(row)) {
            return Ok(RowAdded::OtherRequest);
        }
        let place = format!("{}/rows/{}.json", self.folder, short_hash(&row.key));
        match self.create(&place, row).await? {
            Some(there) if !there.is_same(row) => Ok(RowAdded::OtherCells),
            _ => Ok(RowAdded::Done),
        }
    }

    /// All rows that were added.
    ///
    /// # Errors
    /// One can't be read: then it is not known which rows there are.
    pub async fn read_rows(&self) -> Result<Vec<AddedRow>, Problem> {
        let folder = format!("{}/rows", self.folder);
        let names = self.bucket.list(Names { folder: &folder, beginning: "", after: None }).await;
        let mut rows = Vec::new();
        for name in names.map_err(|trouble| trouble.problem)? {
            let Some(key) = name.strip_suffix(".json") else { continue };
            let row = self.read(&format!("{folder}/{name}")).await?;
            if short_hash(&row.key) != key {
                return Err(Problem::without_hint(format!("`{folder}/{name}` is about another customer")));
            }
            rows.push(row);
        }
        Ok(rows)
    }

    /// Creates an object. Returns what is there if it was there before.
    async fn create(&self, place: &str, row: &AddedRow) -> Result<Option<AddedRow>, Problem> {
        let text = serde_json::to_string(row).unwrap_or_default();
        match self.bucket.create(place, text.into()).await.map_err(|trouble| trouble.problem)? {
            Creation::Done => Ok(None),
            Creation::Taken => self.read(place).await.map(Some),
        }
    }

    async fn read(&self, place: &str) -> Result<AddedRow, Problem> {
        let bytes = self.bucket.read(place).await.map_err(|trouble| trouble.problem)?;
        bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()).ok_or_else(|| {
            Problem::new(
                format!("`{place}` in `{}` can't be read", self.bucket.shown()),
                "look at the object; a later version may have written it: update stackstep",
            )
        })
    }
}
