//! A token of whoever is logged in with Microsoft's `az`: what `azure/login` and the tasks of Azure Pipelines leave
//! behind. <https://learn.microsoft.com/cli/azure/account#az-account-get-access-token>

use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use object_store::azure::AzureCredential;
use object_store::client::CredentialProvider;
use serde_json::Value;
use tokio::sync::Mutex;

use crate::base::env::Env;
use crate::process::helper;

/// The scope of a token for blobs.
const SCOPE: &str = "https://storage.azure.com/.default";

/// The longest time that `az` may take: it is slow, and may ask the network.
const PATIENCE: Duration = Duration::from_secs(60);

/// The time for which a token is kept: it is good for an hour at least.
const KEPT: Duration = Duration::from_secs(30 * 60);

/// The tokens of `az`.
pub(super) struct AzCli {
    variables: Vec<(String, String)>,
    cwd: PathBuf,
    token: Mutex<Option<(Instant, Arc<AzureCredential>)>>,
}

impl AzCli {
    /// `az` in this environment. It is started for the first request.
    pub fn new(env: &Env) -> Self {
        let variables = env.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Self { variables, cwd: env.cwd().to_owned(), token: Mutex::new(None) }
    }

    async fn ask(&self) -> Option<String> {
        let path = self.variables.iter().find(|(name, _)| name.eq_ignore_ascii_case("PATH"))?;
        let program = which::which_in("az", Some(&path.1), &self.cwd).ok()?;
        let args = ["account", "get-access-token", "--output", "json", "--scope", SCOPE].map(str::to_owned);
        let printed =
            helper::read_apart(&program, &args, &self.cwd, self.variables.clone(), PATIENCE).await?;
        let answer: Value = serde_json::from_str(&printed).ok()?;
        Some(answer.get("accessToken")?.as_str().filter(|token| !token.is_empty())?.to_owned())
    }
}

#[derive(Debug, thiserror::Error)]
#[error("`az account get-access-token` gave no token for the storage account")]
struct NoAzToken;

impl CredentialProvider for AzCli {
    type Credential = AzureCredential;

    fn get_credential<'s, 'f>(
        &'s self,
    ) -> Pin<Box<dyn Future<Output = object_store::Result<Arc<AzureCredential>>> + Send + 'f>>
    where
        's: 'f,
        Self: 'f,
    {
        Box::pin(async move {
            let mut kept = self.token.lock().await;
            if let Some((since, token)) = kept.as_ref()
                && since.elapsed() < KEPT
            {
                return Ok(Arc::clone(token));
            }
            let token = self.ask().await.ok_or(object_store::Error::Unauthenticated {
                path: String::new(),
                source: Box::new(NoAzToken),
            })?;
            let token = Arc::new(AzureCredential::BearerToken(token));
            *kept = Some((Instant::now(), Arc::clone(&token)));
            Ok(token)
        })
    }
}

/// Without the variables, which hold secrets.
impl std::fmt::Debug for AzCli {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("AzCli")
    }
}
