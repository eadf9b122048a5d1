// The one script of every page: the body says which page it is.

import './style.css';
import { followWidth, openReport } from './report';

if (document.body.dataset['page'] === 'report') openReport();
followWidth();
