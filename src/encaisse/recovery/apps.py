from django.apps import AppConfig


class RecoveryConfig(AppConfig):
    name = "encaisse.recovery"
    label = "recovery"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from encaisse.recovery.merged_customers import connect

        connect()
