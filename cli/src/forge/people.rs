//! People and other accounts of a forge, and whether a name of `stackstep.yaml` means one of them.

/// An account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Person {
    /// The account, by the forge's name that nobody else can have: the same as in [`super::Comment::author`].
    pub id: String,
    /// More names that only this account has, such as an address. A display name, which anybody can choose, is none.
    pub names: Vec<String>,
    /// The name to show.
    pub shown: String,
    /// Whether it is no person: an app, a bot, a group, a token's own user.
    pub bot: bool,
}

impl Person {
    /// An account with one name.
    pub(super) fn with_name(name: impl Into<String>, bot: bool) -> Self {
        let name = name.into();
        Self { id: name.clone(), names: Vec::new(), shown: name, bot }
    }

    /// A person with one name.
    pub fn named(name: &str) -> Self {
        Self::with_name(name, false)
    }

    /// Whether both are the same account. No forge tells names apart by small and capital letters.
    pub fn is_same(&self, other: &Self) -> bool {
        !self.id.is_empty() && self.id.eq_ignore_ascii_case(&other.id)
    }

    /// Whether `name` means this account.
    pub fn is_named(&self, name: &str) -> bool {
        let own = std::iter::once(&self.id).chain(&self.names);
        !name.is_empty() && own.into_iter().any(|own| own.eq_ignore_ascii_case(name))
    }
}

#[cfg(test)]
mod tests {
    use super::Person;

    #[test]
    fn a_person_is_meant_by_each_of_their_own_names_and_not_by_the_shown_one() {
        let ann = Person {
            id: "{d301aafa}".into(),
            names: vec!["557058:ba8948b2".into()],
            shown: "Ann".into(),
            bot: false,
        };
        assert!(ann.is_named("{D301AAFA}") && ann.is_named("557058:ba8948b2"));
        assert!(!ann.is_named("Ann") && !ann.is_named(""), "anybody can call themselves Ann");
    }

    #[test]
    fn each_forge_has_its_own_form_of_an_account_s_name() {
        let address = "ann@acme.example";
        let (uuid, id) = ("00000000-0000-4000-8000-000000000001", "5b10ac8d82e05b22cc7d4ef5");
        for (forge, accounts, others) in [
            ("github", vec!["ann", "Ann-2"], vec![address, "", "ann lee", "{1}"]),
            ("gitlab", vec!["ann", "ann.lee"], vec![address]),
            ("gitea", vec!["ann", "ann_lee"], vec![address]),
            ("azure-repos", vec![address, uuid], vec!["ann", ""]),
            ("bitbucket", vec!["{d301aafa}", id, &format!("557058:{uuid}")], vec!["ann", address, ""]),
        ] {
            let forge = super::super::forge_by_name(forge).unwrap();
            assert!(accounts.iter().all(|name| forge.is_account_name(name)), "{}", forge.name());
            assert!(!others.iter().any(|name| forge.is_account_name(name)), "{}", forge.name());
        }
    }

    #[test]
    fn accounts_that_are_gone_are_nobody() {
        assert!(!Person::default().is_same(&Person::default()));
        assert!(Person::with_name("Ann", false).is_same(&Person::with_name("ann", true)));
    }
}
