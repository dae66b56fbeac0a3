import "./views.css";
