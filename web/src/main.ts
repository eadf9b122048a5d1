// The one script of every page: the body says which page it is.

import './style.css';
import { followWidth, openReport } from './report';
import { openPage } from './page';

switch (document.body.dataset['page']) {
  case 'report':
    openReport();
    break;
  case 'use':
    void openPage().catch((error: unknown) => {
      const status = document.getElementById('status');
      if (status !== null) status.textContent = error instanceof Error ? error.message : String(error);
    });
    break;
}
followWidth();
