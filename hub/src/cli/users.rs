//! `hub users`: accounts of people.

use super::{Context, Failure, Verdict, local};
use crate::pipeline::clock;
use crate::store::accounts::Account;
use crate::ui::accounts;
use clap::{Args, Subcommand};
use std::io::IsTerminal;

/// Creates, lists and ends the accounts with which people sign in to the workbench.
///
/// A password is read from standard input (`hub users create mira --role steward < file`); on a terminal, where everybody
/// could look on, one is made up and shown once.
#[derive(Debug, Args)]
pub struct Users {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Create an account
    Create {
        /// What is typed to sign in, such as an e-mail address
        name: String,
        /// viewer, steward, lead, engineer, privacy or admin
        #[arg(long)]
        role: String,
    },
    /// List the accounts
    List,
    /// Give an account another password, and sign it out everywhere
    Password { name: String },
    /// End an account, and sign it out everywhere
    Disable { name: String },
}

impl Users {
    pub async fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let store = local::open(context).await?;
        match self.what {
            What::Create { name, role } => {
                let (password, shown) = password()?;
                local::note(&store, "users create", &format!("{name}, {role}")).await?;
                let account = accounts::create(&store, &name, &role, &password).await?;
                told(context, &account.name, Some(&account.role), shown.then_some(&password));
            }
            What::List => list(&store.accounts().await?, context.json)?,
            What::Password { name } => {
                let (password, shown) = password()?;
                local::note(&store, "users password", &name).await?;
                if !accounts::set_password(&store, &name, &password).await? {
                    return Err(format!("no account is named {name}; see `hub users list`").into());
                }
                told(context, &name, None, shown.then_some(&password));
            }
            What::Disable { name } => {
                local::note(&store, "users disable", &name).await?;
                if !store.disable_account(&name, clock::now_us()).await? {
                    return Err(format!("no account in use is named {name}; see `hub users list`").into());
                }
                println!("disabled {name}");
            }
        }
        store.close().await;
        Ok(Verdict::Fine)
    }
}

/// The first line of standard input, or one that is made up, which then has to be shown.
fn password() -> Result<(String, bool), Failure> {
    if std::io::stdin().is_terminal() {
        return Ok((accounts::made_up()?, true));
    }
    let mut line = String::new();
    std::io::stdin().read_line(&mut line)?;
    let line = line.trim_end_matches(['\r', '\n']).to_owned();
    if line.is_empty() {
        return Ok((accounts::made_up()?, true));
    }
    Ok((line, false))
}

fn told(context: &Context, name: &str, role: Option<&str>, password: Option<&String>) {
    if context.json {
        println!("{}", serde_json::json!({ "name": name, "role": role, "password": password }));
        return;
    }
    match password {
        Some(password) => println!("{name} signs in with {password}\nKeep it now: it is not shown again."),
        None => println!("{name} signs in with the password that was given"),
    }
}

fn list(accounts: &[Account], json: bool) -> Result<(), serde_json::Error> {
    if json {
        println!("{}", serde_json::to_string(accounts)?);
        return Ok(());
    }
    for account in accounts {
        let state = if account.disabled_us.is_some() { "disabled" } else { "in use" };
        println!("{:<32}  {:<9}  {state}", account.name, account.role);
    }
    if accounts.is_empty() {
        println!("no accounts yet; create one with `hub users create NAME --role steward`");
    }
    Ok(())
}
