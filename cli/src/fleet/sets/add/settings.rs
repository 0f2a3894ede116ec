//! The key `add` of a set: what `fleet add` lets in, where it keeps it, and whom it answers.

use crate::base::error::Result;
use crate::base::fields::{Fields, is_variable, shown};
use crate::base::words::enum_of_words;

use crate::fleet::sets::column::ColumnRule;
use crate::fleet::sets::pattern::{RowPattern, is_column};

/// The keys of `add`.
pub const KEYS: &[&str] = &[COLUMNS, REQUIRED, IDEMPOTENCY, PERSIST, CALLBACK];
const COLUMNS: &str = "columns";
const REQUIRED: &str = "required";
const IDEMPOTENCY: &str = "idempotency";
const PERSIST: &str = "persist";
const CALLBACK: &str = "callback";

/// The keys of `callback`.
pub const CALLBACK_KEYS: &[&str] = &[HOSTS, FIELD, SECRET];
const HOSTS: &str = "hosts";
const FIELD: &str = "field";
const SECRET: &str = "secret-from-env";

/// The field of a payload with the address of the answer, unless the set names another one.
pub const CALLBACK_FIELD: &str = "callback";

/// The variable with the key that an answer is signed by, unless the set names another one.
pub const CALLBACK_SECRET: &str = "STACKSTEP_CALLBACK_SECRET";

enum_of_words! {
    /// Where a row that is added is kept.
    pub enum PersistIn {
        /// In the set's file, by a change request that somebody merges.
        PullRequest = "pull-request",
        /// Beside the state, in a self-managed backend.
        Backend = "backend",
    }
}

/// What `fleet add` lets in.
#[derive(Debug, Clone)]
pub struct AddSettings {
    /// The columns that a payload may have.
    pub columns: Vec<String>,
    /// Those that it has to have.
    pub required: Vec<String>,
    /// The field by which the same request again is known.
    pub idempotency: String,
    /// Where the row is kept.
    pub persist: PersistIn,
    /// Who may be answered. None if nobody is.
    pub callback: Option<CallbackSettings>,
}

/// Who may be answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallbackSettings {
    /// The hosts that an answer may go to, as an address has them: with the port if it is not that of HTTPS.
    pub hosts: Vec<String>,
    /// The field of the payload that has the address.
    pub field: String,
    /// The variable with the key by which an answer is signed.
    pub secret: String,
}

impl AddSettings {
    /// Reads `add` of the set with this key, stack and tombstone.
    pub(in crate::fleet::sets) fn parse(
        fields: &Fields<'_>,
        key: &str,
        stack: &RowPattern,
        tombstone: &str,
        rules: &[ColumnRule],
    ) -> Result<Self> {
        fields.only(KEYS, "`add`")?;
        let columns = match fields.texts(COLUMNS)? {
            none if none.is_empty() => {
                let limited = rules.iter().filter(|rule| rule.limits() && rule.name != tombstone);
                limited.map(|rule| rule.name.clone()).collect()
            }
            some => some,
        };
        for column in &columns {
            if column == tombstone {
                return Err(fields.error(
                    COLUMNS,
                    &format!("has `{column}`, the column of the tombstone"),
                    "a customer is removed by a row of the file, which somebody has reviewed: leave it out",
                ));
            }
            let limited = rules.iter().any(|rule| rule.name == *column && rule.limits());
            if !limited {
                return Err(fields.error(
                    COLUMNS,
                    &format!(
                        "has `{}`, of which the set's `columns` do not say what its cells may be",
                        shown(column)
                    ),
                    "give it a `pattern` or `one-of` there: a payload is a stranger's",
                ));
            }
        }
        for needed in std::iter::once(key).chain(stack.columns()) {
            if !columns.iter().any(|column| column == needed) {
                return Err(fields.error(
                    COLUMNS,
                    &format!("has no `{needed}`, which each row needs"),
                    "add it to `add.columns`, and to the set's `columns` with a `pattern`",
                ));
            }
        }
        let mut required = fields.texts(REQUIRED)?;
        if let Some(wrong) = required.iter().find(|column| !columns.contains(column)) {
            return Err(fields.error(
                REQUIRED,
                &format!("has `{}`, which is not among the columns", shown(wrong)),
                "name columns of `add.columns`",
            ));
        }
        for needed in std::iter::once(key).chain(stack.columns()) {
            if !required.iter().any(|column| column == needed) {
                required.push(needed.to_owned());
            }
        }
        let idempotency = fields.text(IDEMPOTENCY)?.unwrap_or(key);
        if !is_column(idempotency) {
            return Err(fields.error(
                IDEMPOTENCY,
                "can't be the name of a field",
                "name a column, or another field of the payload: `request_id`",
            ));
        }
        let persist = fields.choice(PERSIST)?.ok_or_else(|| {
            fields.error(PERSIST, "is missing", "write `persist: pull-request` or `persist: backend`")
        })?;
        let callback = match fields.get(CALLBACK) {
            None => None,
            Some(_) => Some(CallbackSettings::parse(
                &fields.mapping(CALLBACK, "write it as `callback: { hosts: [portal.example.com] }`")?,
                &columns,
            )?),
        };
        Ok(Self { columns, required, idempotency: idempotency.to_owned(), persist, callback })
    }
}

impl CallbackSettings {
    fn parse(fields: &Fields<'_>, columns: &[String]) -> Result<Self> {
        fields.only(CALLBACK_KEYS, "`callback`")?;
        let hosts = fields.texts(HOSTS)?;
        let is_host = |host: &String| {
            let (name, port) =
                host.split_once(':').map_or((host.as_str(), None), |(name, port)| (name, Some(port)));
            let is_fine =
                |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.".contains(&byte);
            !name.is_empty()
                && name.bytes().all(is_fine)
                && port.is_none_or(|port| port.parse::<u16>().is_ok())
        };
        if hosts.is_empty() || !hosts.iter().all(is_host) {
            return Err(fields.error(
                HOSTS,
                "is not a list of hosts",
                "name each host in small letters, without wildcards: `hosts: [portal.example.com]`",
            ));
        }
        let field = fields.text(FIELD)?.unwrap_or(CALLBACK_FIELD);
        if columns.iter().any(|column| column == field) || !is_column(field) {
            return Err(fields.error(
                FIELD,
                "is a column, or can't be the name of a field",
                "name another field of the payload",
            ));
        }
        let secret = fields.text(SECRET)?.unwrap_or(CALLBACK_SECRET);
        if !is_variable(secret) {
            return Err(fields.error(
                SECRET,
                "can't be the name of a variable",
                "name the variable with the key",
            ));
        }
        Ok(Self { hosts, field: field.to_owned(), secret: secret.to_owned() })
    }
}
